namespace BatchService.Data;

/// <summary>An expected reason why the service cannot start; the message is for the person at the console.</summary>
/// <remarks>Not a value, because nothing goes on after it: <see cref="DatabaseStartup"/> alone catches it and shows no stack.</remarks>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
