using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace BatchService.DatabaseTests.Reliability;

/// <summary>A place in a request that the OpenAPI document describes where a client writes something.</summary>
/// <param name="Name">Says which, for a failure's message.</param>
/// <param name="With">The request with this JSON value there; where no JSON goes, a JSON string stands for its text.</param>
internal sealed record HostilePlace(string Name, Func<string, HttpRequestMessage> With)
{
    private const string Mark = "@@here@@";

    /// <summary>More than this an address does not take.</summary>
    private const int AddressCharacters = 1_000;

    /// <summary>
    /// Everything that can be written in the calls of the document: every parameter, every value and every name in every example of a body,
    /// and a name more in every object.
    /// </summary>
    /// <param name="parameter">The value of a path's parameter, by the path and its name; null: the document's own example.</param>
    /// <param name="more">Bodies of calls in JSON beside the document's examples, by method and path.</param>
    public static IEnumerable<HostilePlace> In(JsonElement document, Func<string, string, string?> parameter, ILookup<string, string> more) =>
        from path in document.GetProperty("paths").EnumerateObject()
        from call in path.Value.EnumerateObject()
        let method = call.Name.ToUpperInvariant()
        let bodies = Bodies(call.Value).Concat(more[$"{method} {path.Name}"].Select(body => ("application/json", body)))
        from place in In(path.Name, method, call.Value, [.. bodies], parameter)
        select place;

    private static IEnumerable<HostilePlace> In(
        string path, string method, JsonElement call, IReadOnlyList<(string MediaType, string Text)> bodies, Func<string, string, string?> parameter)
    {
        var address = Address(path, call, parameter);
        var (media, text) = bodies.Count > 0 ? bodies[0] : (null, null);
        foreach (var (name, place) in Parameters(call))
        {
            if (place == "path")
            {
                var mutated = Address(path, call, (of, other) => other == name ? Mark : parameter(of, other));
                yield return new($"{method} {path}: {name}", json => Request(method, mutated.Replace(Mark, AddressText(json), StringComparison.Ordinal), media, text));
            }
            else if (place == "query")
            {
                yield return new($"{method} {path}?{name}", json => Request(method, $"{Query(address, media, but: name)}&{name}={AddressText(json)}", media, text));
            }
        }
        yield return new($"{method} {path}?…", json => Request(method, $"{Query(address, media)}&{AddressText(json)}=1", media, text));

        foreach (var (bodyMedia, bodyText) in bodies)
        {
            var lines = bodyMedia == "application/x-ndjson" ? bodyText.Split('\n') : [bodyText];
            var mutations = bodyMedia == "text/csv" ? Cells(bodyText) : Mutations(JsonNode.Parse(lines[0])!, "");
            foreach (var (pointer, form) in mutations)
            {
                var whole = string.Join('\n', [form, .. lines.Skip(1)]);
                yield return new($"{method} {path} {bodyMedia} {pointer}", json =>
                    Request(method, Query(address, bodyMedia), bodyMedia, whole.Replace(Mark, bodyMedia == "text/csv" ? TextOf(json) : json, StringComparison.Ordinal)));
            }
        }
    }

    private static IEnumerable<(string Name, string Place)> Parameters(JsonElement call) => !call.TryGetProperty("parameters", out var parameters)
        ? []
        : parameters.EnumerateArray().Select(parameter => (parameter.GetProperty("name").GetString()!, parameter.GetProperty("in").GetString()!));

    private static IEnumerable<(string MediaType, string Text)> Bodies(JsonElement call) => !call.TryGetProperty("requestBody", out var body)
        ? []
        : body.GetProperty("content").EnumerateObject()
            .Where(content => content.Value.TryGetProperty("examples", out _))
            .SelectMany(content => content.Value.GetProperty("examples").EnumerateObject()
                .Select(example => example.Value.GetProperty("value"))
                .Select(value => (content.Name, value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText())));

    private static string Address(string path, JsonElement call, Func<string, string, string?> parameter)
    {
        if (!call.TryGetProperty("parameters", out var parameters))
            return path;
        var address = path;
        foreach (var described in parameters.EnumerateArray().Where(described => described.GetProperty("in").GetString() == "path"))
        {
            var name = described.GetProperty("name").GetString()!;
            address = address.Replace($"{{{name}}}", parameter(path, name) ?? described.GetProperty("example").GetString(), StringComparison.Ordinal);
        }
        return address;
    }

    /// <summary>With what a body in lines needs in the address, so that what is in it is looked at.</summary>
    private static string Query(string address, string? media, string? but = null) => address + "?" + (address, media) switch
    {
        ({ } at, "application/x-ndjson" or "text/csv") when at.StartsWith("/entities/", StringComparison.Ordinal) && but != "action" => "action=upsert",
        ("/batch/jobs", "application/x-ndjson") when but != "job_type" => "job_type=attestations",
        ("/batch/jobs", "text/csv") when but != "job_type" => "job_type=query",
        ({ } at, _) when at.EndsWith("/jobs/next", StringComparison.Ordinal) && but != "worker_id" => "worker_id=robot-1",
        ({ } at, _) when at.EndsWith("/search", StringComparison.Ordinal) && but != "query" => "query=token",
        _ => "",
    };

    /// <summary>The document once for every value, every name, and every object that could have one more, with the mark in its place.</summary>
    private static IEnumerable<(string Pointer, string Text)> Mutations(JsonNode root, string pointer)
    {
        yield return (pointer, Mark);
        if (root is JsonObject members)
        {
            yield return ($"{pointer}/+", Text([.. members.Select(Pair), $"{Mark}:1"]));
            foreach (var (name, value) in members)
            {
                var others = members.Where(member => member.Key != name).Select(Pair).ToList();
                yield return ($"{pointer}/({name})", Text([.. others, $"{Mark}:{value?.ToJsonString() ?? "null"}"]));
                foreach (var (inner, form) in Inner(value, $"{pointer}/{name}"))
                    yield return (inner, Text([.. others, $"{JsonSerializer.Serialize(name)}:{form}"]));
            }
        }
        else if (root is JsonArray items)
        {
            for (var index = 0; index < items.Count; index++)
            {
                foreach (var (inner, form) in Inner(items[index], $"{pointer}/{index}"))
                    yield return (inner, $"[{string.Join(',', items.Select((item, at) => at == index ? form : item?.ToJsonString() ?? "null"))}]");
            }
        }

        static string Pair(KeyValuePair<string, JsonNode?> member) => $"{JsonSerializer.Serialize(member.Key)}:{member.Value?.ToJsonString() ?? "null"}";
        static string Text(IEnumerable<string> members) => $"{{{string.Join(',', members)}}}";
        static IEnumerable<(string, string)> Inner(JsonNode? value, string at) => value is null ? [(at, Mark)] : Mutations(value, at);
    }

    private static IEnumerable<(string Pointer, string Text)> Cells(string table)
    {
        var cells = table.Split('\n').Select(line => line.Split(',')).ToArray();
        for (var row = 0; row < 2; row++)
        {
            for (var column = 0; column < cells[row].Length; column++)
                yield return ($"{row}:{column}", string.Join('\n', cells.Select((line, y) => string.Join(',', line.Select((cell, x) => (x, y) == (column, row) ? Mark : cell)))));
        }
    }

    private static HttpRequestMessage Request(string method, string address, string? media, string? body)
    {
        var request = new HttpRequestMessage(HttpMethod.Parse(method), address);
        if (media is not null)
            request.Content = new StringContent(body!, Encoding.UTF8) { Headers = { ContentType = new MediaTypeHeaderValue(media) } };
        return request;
    }

    /// <summary>Without NUL, which Kestrel takes from nobody, and without what ends the path.</summary>
    private static string AddressText(string json)
    {
        var text = TextOf(json).Replace("\0", "", StringComparison.Ordinal);
        var escaped = Uri.EscapeDataString(text.Length > AddressCharacters ? text[..AddressCharacters] : text);
        return escaped is "." or ".." or "" ? "%20" : escaped;
    }

    private static string TextOf(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(json) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : json;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return json;
        }
    }
}
