using Weft.Mesh.Tests;
using Xunit.v3;

// Meshes share two cores: one at a time.
[assembly: Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(WeftInstallation))]
