namespace BatchService.Data;

/// <summary>An expected reason why the service cannot start; the message is for the person at the console and is shown without a stack.</summary>
/// <remarks>An exception, not a value: nothing goes on after it, and exactly one place (<see cref="DatabaseStartup"/>) catches it.</remarks>
internal sealed class StartupException(string message, Exception? inner = null) : Exception(message, inner);
