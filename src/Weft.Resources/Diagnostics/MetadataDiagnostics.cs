using static Weft.Resources.DiagnosticLevel;

namespace Weft.Resources.Diagnostics;

/// <summary>Codes for an object's metadata.</summary>
internal static class MetadataDiagnostics
{
    public static readonly DiagnosticDefinition MissingName = new("WFT0201", "The object has no name", Error, "Every object needs metadata.name; with its kind and namespace it is what makes it the same object over time.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {labels: {team: a}}

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}

            """,
    };

    public static readonly DiagnosticDefinition BadName = new("WFT0202", "The object's name or namespace is not allowed", Error, "Names are DNS names: lower-case letters, digits, - and dots. A namespace has no dots.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: My_Shop}

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: my-shop}

            """,
    };

    public static readonly DiagnosticDefinition BadLabel = new("WFT0203", "A label is not allowed", Error, "A label's key is [prefix/]name, its value is empty or up to 63 letters, digits, -, _ and dots.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {team: "a b"}}

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, labels: {team: a-b}}

            """,
    };

    public static readonly DiagnosticDefinition BadAnnotation = new("WFT0204", "An annotation is not allowed here", Error, "The annotation is reserved for the control plane, means nothing on this kind, or has an invalid key or value.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, annotations: {istio.io/dry-run: "true"}}

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, annotations: {example.com/note: text}}

            """,
    };

    public static readonly DiagnosticDefinition UnknownAnnotation = new("IST0108", "An annotation of Istio is not known", Warning, "The annotation's domain is Istio's, but no annotation of this name exists: it has no effect.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, annotations: {sidecar.istio.io/injekt: "true"}}

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop, annotations: {example.com/injekt: "true"}}

            """,
    };

    public static readonly DiagnosticDefinition DuplicateObject = new("WFT0205", "Two documents have one name", Error, "Kind, namespace and name together are the object's identity; two documents with one identity contradict each other. The first one stays in force.")
    {
        Bad =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}

            """,
        Good =
            """
            apiVersion: v1
            kind: Namespace
            metadata: {name: shop}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: store}

            """,
    };
}
