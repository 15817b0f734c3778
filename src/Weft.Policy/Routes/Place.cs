namespace Weft.Policy.Routes;

/// <summary>
/// Where in a configuration the compiler is, and where its errors go. A chain of fields, which becomes a path only when there is an
/// error: tables of thousands of routes are compiled at every push, and most have none.
/// </summary>
internal sealed class Place
{
    private readonly Place? _above;
    private readonly string _field;
    private readonly int _index;

    public Place(List<string> errors)
        : this(null, "", -1, errors)
    {
    }

    private Place(Place? above, string field, int index, List<string> errors)
    {
        _above = above;
        _field = field;
        _index = index;
        Errors = errors;
    }

    public List<string> Errors { get; }

    private string Path
    {
        get
        {
            string own = _index < 0 ? _field : $"{_field}[{_index}]";
            return _above is null or { _above: null, _field: "" } ? own : $"{_above.Path}.{own}";
        }
    }

    public Place At(string field) => new(this, field, -1, Errors);

    public Place At(string field, int index) => new(this, field, index, Errors);

    public void Error(string sentence) => Errors.Add($"{Path}: {sentence}");

    /// <summary>Refuses a field that is set but not enforced.</summary>
    public void Refuse(bool isSet, string field)
    {
        if (isSet)
            At(field).Error("this field is not supported.");
    }
}
