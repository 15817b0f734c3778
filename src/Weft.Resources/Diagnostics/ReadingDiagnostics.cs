using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

/// <summary>Codes for files and documents that cannot be read at all.</summary>
internal static class ReadingDiagnostics
{
    public static readonly DiagnosticDefinition Malformed = new("WFT0001", "The document is not well-formed", Error, "The text is neither YAML nor JSON. The document is passed over; the other documents of the file are read. Common causes are a missing colon, wrong indentation, a value such as * or {{ that must be quoted, or a template that was not rendered.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Namespace
            metadata: name: shop

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop

            """,
    };

    public static readonly DiagnosticDefinition FileTooLarge = new("WFT0002", "The file is too large", Error, "A file may have 10 MiB. A larger one is refused before it is read into memory.");

    public static readonly DiagnosticDefinition NotText = new("WFT0003", "The file is not text", Error, "Configuration is UTF-8 text. The file holds bytes that are not, or control characters, and is passed over as a whole.");

    public static readonly DiagnosticDefinition TabIndentation = new("WFT0004", "A line is indented with a tab", Error, "YAML allows spaces only, because tabs have no agreed width.")
    {
        Bad = "apiVersion: v1\nkind: Namespace\nmetadata:\n\tname: shop\n",
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop

            """,
    };

    public static readonly DiagnosticDefinition TooDeep = new("WFT0005", "The document is nested too deeply", Error, "A document may be nested 100 levels deep, aliases followed. No kind needs that many; the limit protects the reader.")
    {
        Bad =
            """
            a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[

            """,
        Good =
            """
            a: [[[1]]]

            """,
    };

    public static readonly DiagnosticDefinition TooManyNodes = new("WFT0006", "The file holds too many values", Error, "A file may hold 1,000,000 values. Split it into several.");

    public static readonly DiagnosticDefinition AliasExpansion = new("WFT0007", "Aliases grow without bound", Error, "Aliases of aliases can make a few lines stand for billions of values. A document whose aliases, written out, hold more than 1,000,000 values is refused, and so is an alias inside its own anchor.")
    {
        Bad =
            """
            a: &a [*a]

            """,
        Good =
            """
            a: &a [1]
            b: *a

            """,
    };

    public static readonly DiagnosticDefinition DuplicateKey = new("WFT0008", "A key is written twice", Error, "In one mapping each key stands once. Which of two would count differs from program to program, so neither is guessed.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop
              name: store

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop

            """,
    };

    public static readonly DiagnosticDefinition NotAnObject = new("WFT0009", "The document is not an object", Error, "Each document is an object with apiVersion, kind and metadata. A list of objects is read, too; a single value is not.")
    {
        Bad =
            """
            just some text

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop

            """,
    };

    public static readonly DiagnosticDefinition MissingKind = new("WFT0010", "apiVersion or kind is missing", Error, "The two together say what a document is.")
    {
        Bad =
            """
            kind: VirtualService
            metadata:
              name: reviews

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop

            """,
    };

    public static readonly DiagnosticDefinition UnknownKind = new("WFT0011", "The kind is not known", Error, "No kind of this name exists in the group that apiVersion names. Nothing would ever act on the document, so it is an error and not passed over.")
    {
        Bad =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualServise
            metadata:
              name: reviews

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop

            """,
    };

    public static readonly DiagnosticDefinition UnknownVersion = new("WFT0012", "The kind is not served in this version", Error, "The kind exists, but not in the version that apiVersion names.")
    {
        Bad =
            """
            apiVersion: v2
            kind: Namespace
            metadata:
              name: shop

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata:
              name: shop

            """,
    };

    public static readonly DiagnosticDefinition NotSupportedYet = new("WFT0013", "The kind is known but not supported yet", Warning, "The kind means something elsewhere (in Kubernetes, in the Gateway API, in SMI), but this release does not read it. It is passed over.")
    {
        Bad =
            """
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: shop

            """,
        Good =
            """
            apiVersion: weft.dev/v1alpha1
            kind: Workload
            metadata:
              name: shop
            spec:
              command: [./shop]

            """,
    };

    public static readonly DiagnosticDefinition NotEnforcedYet = new("WFT0014", "The kind is accepted but not yet enforced", Info, "The object is read, checked and kept, but this release does not act on it. Do not count on its effect, above all where it is to deny something.")
    {
        Bad =
            """
            apiVersion: security.istio.io/v1
            kind: AuthorizationPolicy
            metadata:
              name: example
            spec:
              rules: [{from: [{source: {namespaces: [shop]}}]}]

            """,
        Good =
            """
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata:
              name: example
            spec:
              hosts: [reviews]
              http:
              - route: [{destination: {host: reviews}}]

            """,
    };

    public static readonly DiagnosticDefinition Unreadable = new("WFT0015", "A file or directory cannot be read", Error, "The operating system refuses it: permissions, a broken link, a link that leads in a circle, a failing disk. What it held before stays in force.");

    public static readonly DiagnosticDefinition TooManyFindings = new("WFT0016", "The file has too many findings", Error, "After 1,000 findings in one file the others are left out. So many are usually one mistake, such as a file of another kind.");
}
