namespace BatchService.Http;

/// <summary>The scope that a caller must have to call an endpoint at all; what it may do to which entity is decided later.</summary>
internal sealed record RequiredScope(string Scope);

/// <summary>Marks an endpoint that anyone may call, without a token: it tells nothing about the data.</summary>
internal sealed class OpenEndpoint
{
    public static readonly OpenEndpoint Marker = new();
}

/// <summary>A filled-in, runnable request body, for the OpenAPI document and the Swagger UI.</summary>
internal sealed record RequestExample(string Name, string Body, string MediaType, string? Summary);

/// <summary>A filled-in value of a path or query parameter; a query parameter is described by it, too.</summary>
internal sealed record ParameterExample(string Name, string Value, bool InQuery, string? Description, bool Required);

/// <summary>Marks an endpoint that reads <c>Idempotency-Key</c>.</summary>
internal sealed class IdempotentWrite
{
    public static readonly IdempotentWrite Marker = new();
}

/// <summary>Marks an endpoint whose answers, refusals too, carry <c>Batch-Succeeded</c> and <c>Batch-Failed</c>.</summary>
internal sealed class CountedAnswer
{
    public static readonly CountedAnswer Marker = new();
}

/// <summary>Marks a GET that does not answer HEAD.</summary>
internal sealed class NoHead
{
    public static readonly NoHead Marker = new();
}

/// <summary>The preferences (<c>Prefer</c>) that an endpoint honours; it is never reached with another one.</summary>
internal sealed record HonouredPreferences(Preference Set);

/// <summary>A status that an endpoint answers with when all is well, and in which media types.</summary>
internal sealed record SuccessAnswer(int Status, string Description, IReadOnlyList<string> MediaTypes);

/// <summary>The schema of a JSON body that an endpoint reads, by its name among the components.</summary>
internal sealed record BodySchema(string Name);

/// <summary>The schema of the JSON bodies that an endpoint answers with when all is well.</summary>
internal sealed record AnswerSchema(string Name, IReadOnlyList<int> Statuses);

/// <summary>What an endpoint says about itself where it is mapped; read by <see cref="OpenApiOperations"/>.</summary>
internal static class EndpointMetadata
{
    private const int MaxNothingBytes = 64 * 1024;

    /// <summary>
    /// Adds a request body that works when it is sent as it is. The first one of a media type is what Swagger UI fills in.
    /// </summary>
    public static TBuilder WithExample<TBuilder>(
        this TBuilder builder, string name, string body, string mediaType = RequestMedia.Json, string? summary = null)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RequestExample(name, body, mediaType, summary));

    public static TBuilder WithPathExample<TBuilder>(this TBuilder builder, string name, string value, string? description = null)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new ParameterExample(name, value, false, description, true));

    /// <summary>Describes a query parameter that the handler reads by itself. An empty value is not filled in.</summary>
    public static TBuilder WithQueryParameter<TBuilder>(
        this TBuilder builder, string name, string value, string description, bool required = false)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new ParameterExample(name, value, true, description, required));

    /// <summary>For a call that writes: <c>Idempotency-Key</c>, and the preferences that every such call honours.</summary>
    public static TBuilder WithWriteHeaders<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(IdempotentWrite.Marker).WithCounts().Honours(Preferences.OfWrites);

    /// <summary>For a batch that writes: the same, and it can be answered later.</summary>
    public static TBuilder WithBatchHeaders<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(IdempotentWrite.Marker).WithCounts().Honours(Preferences.OfBatches);

    public static TBuilder WithCounts<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(CountedAnswer.Marker);

    /// <summary>Names the preferences that the endpoint honours; others are refused before it is reached. The last word counts.</summary>
    public static TBuilder Honours<TBuilder>(this TBuilder builder, Preference preferences)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new HonouredPreferences(preferences | Preference.Handling));

    public static TBuilder WithAnswer<TBuilder>(
        this TBuilder builder, int status, string description, params IReadOnlyList<string> mediaTypes)
        where TBuilder : IEndpointConventionBuilder =>
        builder.WithMetadata(new SuccessAnswer(status, description, mediaTypes.Count > 0 ? mediaTypes : [RequestMedia.Json]));

    /// <summary>Names the schema of the JSON body, which <see cref="AddSchemas"/> gives.</summary>
    public static TBuilder WithBody<TBuilder>(this TBuilder builder, string schema)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new BodySchema(schema));

    /// <summary>Names the schema of the JSON answers that have these statuses.</summary>
    public static TBuilder WithAnswerBody<TBuilder>(this TBuilder builder, string schema, params IReadOnlyList<int> statuses)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new AnswerSchema(schema, statuses));

    /// <summary>Gives the OpenAPI document schemas by name: the text of a JSON object, made when it is asked for.</summary>
    public static void AddSchemas(this IEndpointRouteBuilder routes, Func<IServiceProvider, string> schemas) =>
        routes.ServiceProvider.GetRequiredService<SchemaComponents>().Add(schemas);

    /// <summary>Refuses with 400 every query parameter that is not named here.</summary>
    public static TBuilder RefuseUnknownQuery<TBuilder>(this TBuilder builder, params string[] known)
        where TBuilder : IEndpointConventionBuilder => builder.AddEndpointFilter(async (invocation, next) =>
            QueryParameters.Check(invocation.HttpContext.Request.Query, known) is { Count: > 0 } errors
                ? Problem.Of(errors)
                : await next(invocation));

    /// <summary>Refuses with 400 what is sent to a call that says everything in its address.</summary>
    public static TBuilder RefuseBody<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.AddEndpointFilter(async (invocation, next) =>
            await JsonBody.ReadNothingAsync(invocation.HttpContext.Request, MaxNothingBytes, invocation.HttpContext.RequestAborted) is (_, { Count: > 0 } errors)
                ? Problem.Of(errors)
                : await next(invocation));

    /// <summary>For a GET that changes something, or that does not end: HEAD, which promises neither, is refused with 405.</summary>
    public static TBuilder WithoutHead<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(NoHead.Marker);

    /// <summary>Lets everyone in, without a token; such an endpoint has no caller.</summary>
    public static TBuilder OpenToAll<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(OpenEndpoint.Marker);

    /// <summary>Refuses with 403 every caller without the scope, before anything is read.</summary>
    public static TBuilder RequireScope<TBuilder>(this TBuilder builder, string scope)
        where TBuilder : IEndpointConventionBuilder => builder
            .WithMetadata(new RequiredScope(scope))
            .AddEndpointFilter(async (invocation, next) => invocation.HttpContext.GetCaller().Refusal(scope) is { } refusal
                ? Problem.Of(refusal)
                : await next(invocation));
}
