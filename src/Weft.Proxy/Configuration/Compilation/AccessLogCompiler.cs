using Envoy.Config.Accesslog.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.AccessLoggers.File.V3;
using Envoy.Extensions.AccessLoggers.Stream.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Proxy.Model;
using Weft.Proxy.Telemetry;
using Weft.Xds;
using AccessLog = Envoy.Config.Accesslog.V3.AccessLog;
using LogFormat = Weft.Proxy.Telemetry.AccessLogs.LogFormat;

namespace Weft.Proxy.Configuration.Compilation;

/// <summary>Access logs to files and to the process's streams.</summary>
internal static class AccessLogCompiler
{
    private const string FileType = XdsTypeUrls.Prefix + "envoy.extensions.access_loggers.file.v3.FileAccessLog";
    private const string StdoutType = XdsTypeUrls.Prefix + "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";
    private const string StderrType = XdsTypeUrls.Prefix + "envoy.extensions.access_loggers.stream.v3.StderrAccessLog";

    public static IReadOnlyList<AccessLogModel> Compile(IReadOnlyList<AccessLog> logs, CompileScope scope)
    {
        if (logs.Count == 0)
        {
            return [];
        }

        var models = new List<AccessLogModel>(logs.Count);
        for (var i = 0; i < logs.Count; i++)
        {
            var here = scope.Item("access_log", i);
            if (Compile(logs[i], here) is { } model)
            {
                CheckFormat(model, here.Field("typed_config"));
                models.Add(model);
            }
        }

        return models;
    }

    private static AccessLogModel? Compile(AccessLog log, CompileScope scope)
    {
        var typed = scope.Field("typed_config");
        var flags = Flags(log.Filter, scope.Field("filter"));
        switch (log.TypedConfig?.TypeUrl)
        {
            case FileType when typed.Unpack(log.TypedConfig, FileAccessLog.Parser) is { } file:
                if (file.Path.Length == 0)
                {
                    typed.Field("path").Error("it is empty.");
                }

                typed.Refuse(file.AccessLogFormatCase == FileAccessLog.AccessLogFormatOneofCase.TypedJsonFormat, "typed_json_format", "use `log_format`.");
                return file.AccessLogFormatCase switch
                {
                    FileAccessLog.AccessLogFormatOneofCase.Format => new AccessLogModel { Path = file.Path, TextFormat = file.Format, ResponseFlags = flags },
                    FileAccessLog.AccessLogFormatOneofCase.JsonFormat => new AccessLogModel { Path = file.Path, JsonFormat = Json(file.JsonFormat), ResponseFlags = flags },
                    _ => WithFormat(file.Path, file.LogFormat, flags, typed.Field("log_format")),
                };
            case StdoutType when typed.Unpack(log.TypedConfig, StdoutAccessLog.Parser) is { } stdout:
                return WithFormat("/dev/stdout", stdout.LogFormat, flags, typed.Field("log_format"));
            case StderrType when typed.Unpack(log.TypedConfig, StderrAccessLog.Parser) is { } stderr:
                return WithFormat("/dev/stderr", stderr.LogFormat, flags, typed.Field("log_format"));
            case FileType or StdoutType or StderrType:
                return null;
            default:
                typed.RefuseType(log.Name, log.TypedConfig);
                return null;
        }
    }

    /// <summary>The workers compile the format again when they first use it; here it is only judged.</summary>
    private static void CheckFormat(AccessLogModel model, CompileScope scope)
    {
        try
        {
            LogFormat.Of(model);
        }
        catch (FormatException e)
        {
            scope.Error(e.Message);
        }
    }

    private static AccessLogModel WithFormat(string path, SubstitutionFormatString? format, IReadOnlyList<string> flags, CompileScope scope)
    {
        if (format is null)
        {
            return new AccessLogModel { Path = path, ResponseFlags = flags };
        }

        scope.Refuse(format.Formatters.Count > 0, "formatters");
        scope.Refuse(format.ContentType.Length > 0, "content_type");
        scope.Refuse(format.JsonFormatOptions?.SortProperties == true, "json_format_options");
        return new AccessLogModel
        {
            Path = path,
            TextFormat = format.FormatCase switch
            {
                SubstitutionFormatString.FormatOneofCase.TextFormat => format.TextFormat,
                SubstitutionFormatString.FormatOneofCase.TextFormatSource => DataSourceReader.Text(format.TextFormatSource, scope.Field("text_format_source")),
                _ => null,
            },
            JsonFormat = format.JsonFormat is { } json ? Json(json) : null,
            OmitEmptyValues = format.OmitEmptyValues,
            ResponseFlags = flags,
        };
    }

    private static IReadOnlyList<string> Flags(AccessLogFilter? filter, CompileScope scope)
    {
        switch (filter?.FilterSpecifierCase ?? AccessLogFilter.FilterSpecifierOneofCase.None)
        {
            case AccessLogFilter.FilterSpecifierOneofCase.None:
                return [];
            case AccessLogFilter.FilterSpecifierOneofCase.ResponseFlagFilter when filter!.ResponseFlagFilter.Flags.Count > 0:
                for (var i = 0; i < filter.ResponseFlagFilter.Flags.Count; i++)
                {
                    if (ResponseFlagNames.Parse(filter.ResponseFlagFilter.Flags[i]) == ResponseFlags.None)
                    {
                        scope.Field("response_flag_filter").Item("flags", i).Error($"`{filter.ResponseFlagFilter.Flags[i]}` is no response flag, such as UH or NR.");
                    }
                }

                return [.. filter.ResponseFlagFilter.Flags];
            default:
                scope.Error($"weft-proxy does not support the filter `{filter!.FilterSpecifierCase}` here; use `response_flag_filter` with its flags.");
                return [];
        }
    }

    private static string Json(Struct format) => JsonFormatter.Default.Format(format);
}
