namespace Weft.Proxy.Admin;

/// <summary>One page of an admin port.</summary>
/// <param name="Path">Exact path.</param>
/// <param name="ChangesState">True: only POST; false: only GET (and HEAD).</param>
/// <param name="Help">One line for <c>/help</c>.</param>
/// <param name="Answer">Makes the answer; may run on several threads at once.</param>
public sealed record AdminPage(string Path, bool ChangesState, string Help, Func<AdminRequest, AdminResponse> Answer);
