using System.Reflection;

namespace BatchService.Batching;

/// <summary>Every error code of the service, once: thrown, answered, listed by <c>GET /batch/errors</c> and in docs/errors.md from here.</summary>
internal static class ErrorCodes
{
    // The request as a whole.
    public static readonly ErrorCode BatchEmpty = new("BATCH_EMPTY", 400, false, "Empty batch", "The batch has no items.", "Send at least one item.");
    public static readonly ErrorCode BatchTooLarge = new("BATCH_TOO_LARGE", 400, false, "Too many items", "The batch has more items than the endpoint takes in one call.", "Split the batch, stream it as NDJSON or CSV, or raise the limit named in GET /batch/capabilities.");
    public static readonly ErrorCode MalformedJson = new("MALFORMED_JSON", 400, false, "Malformed body", "The body is not strict JSON (or CSV): syntax, UTF-8, depth over 64, a duplicate key, a lone surrogate, \\u0000, or a number out of range.", "Mend the body at the place that the detail names.");
    public static readonly ErrorCode FieldUnknown = new("FIELD_UNKNOWN", 400, false, "Unknown field", "The request has a field, option, query parameter or preference that the endpoint does not know.", "Remove it or correct its spelling.");
    public static readonly ErrorCode FieldMissing = new("FIELD_MISSING", 400, false, "Missing field", "A required field is absent.", "Add the field that the pointer names.");
    public static readonly ErrorCode FieldInvalid = new("FIELD_INVALID", 400, false, "Invalid field", "A field of the request has the wrong type or a value that it cannot have.", "Correct the field that the pointer names.");
    public static readonly ErrorCode BodyTooLarge = new("BODY_TOO_LARGE", 413, false, "Body too large", "The body, decompressed, is over the limit.", "Split the batch or stream it as NDJSON or CSV.");
    public static readonly ErrorCode LineTooLong = new("LINE_TOO_LONG", 413, false, "Line too long", "A line of the stream is over the limit.", "Make the row smaller or raise the limit named in GET /batch/capabilities.");
    public static readonly ErrorCode UnsupportedMediaType = new("UNSUPPORTED_MEDIA_TYPE", 415, false, "Unsupported media type", "The endpoint does not read this Content-Type or Content-Encoding.", "Send application/json or, where the endpoint streams, application/x-ndjson or text/csv; gzip or br, or no encoding.");
    public static readonly ErrorCode NotAcceptable = new("NOT_ACCEPTABLE", 406, false, "Not acceptable", "The endpoint cannot answer in a media type that Accept allows.", "Accept application/json or, where the endpoint streams, application/x-ndjson.");
    public static readonly ErrorCode NotFound = new("NOT_FOUND", 404, false, "Not found", "There is nothing at this address, or nothing that the caller may see.", "Check the address and the identity.");
    public static readonly ErrorCode MethodNotAllowed = new("METHOD_NOT_ALLOWED", 405, false, "Method not allowed", "The address exists, but not for this HTTP method.", "Use one of the methods that the header Allow lists.");

    // Operations, dependencies, references.
    public static readonly ErrorCode OperationIdDuplicate = new("OPERATION_ID_DUPLICATE", 400, false, "Duplicate operation id", "Two operations of the batch have the same id.", "Give each operation its own id.");
    public static readonly ErrorCode OperationIdInvalid = new("OPERATION_ID_INVALID", 400, false, "Invalid operation id", "An operation id is not 1 to 64 characters of A-Z, a-z, 0-9, _ and -.", "Choose another id or leave it out.");
    public static readonly ErrorCode ActionInvalid = new("ACTION_INVALID", 400, false, "Invalid action", "The action is unknown, or the entity does not allow it.", "Use create, read, update, delete, upsert or assert, as far as GET /entities/{entity} allows it.");
    public static readonly ErrorCode DependencyUnknown = new("DEPENDENCY_UNKNOWN", 400, false, "Unknown dependency", "depends_on names an operation that is not in the batch.", "Correct the id.");
    public static readonly ErrorCode DependencyCycle = new("DEPENDENCY_CYCLE", 400, false, "Circular dependency", "Operations depend on each other in a circle.", "Break the circle that the detail names.");
    public static readonly ErrorCode DependencyTooDeep = new("DEPENDENCY_TOO_DEEP", 400, false, "Dependencies too deep", "A chain of dependencies is longer than Batch:MaxDependencyDepth (32).", "Split the batch.");
    public static readonly ErrorCode ReferenceSyntax = new("REFERENCE_SYNTAX", 400, false, "Malformed reference", "A $ref: is not of the form $ref:operation.path or ${ref:operation.path}.", "Correct it, or write $$ref: for the literal text.");
    public static readonly ErrorCode ReferenceUnknown = new("REFERENCE_UNKNOWN", 400, false, "Unknown reference", "A reference names an operation that is not in the batch, or a path that its entity can never have.", "Correct the operation id or the path.");
    public static readonly ErrorCode NestedBatch = new("NESTED_BATCH", 400, false, "Nested batch", "An operation has the entity 'batch'.", "Put its operations into the batch itself.");
    public static readonly ErrorCode ReferencePathNotFound = new("REFERENCE_PATH_NOT_FOUND", 422, false, "Reference path not found", "The result of the referenced operation does not have the path.", "Use one of the properties that the detail lists.");
    public static readonly ErrorCode ReferenceTypeMismatch = new("REFERENCE_TYPE_MISMATCH", 422, false, "Reference of the wrong type", "The referenced value does not fit the place that it was put into.", "Reference another value or another column.");
    public static readonly ErrorCode ReferenceTooLarge = new("REFERENCE_TOO_LARGE", 413, false, "References too large", "The references of the batch resolve to more bytes than the limit.", "Reference smaller values.");

    // Entities, rows, filters.
    public static readonly ErrorCode EntityUnknown = new("ENTITY_UNKNOWN", 404, false, "Unknown entity", "No table or updatable view of this name is in the configured schemas.", "See GET /entities.");
    public static readonly ErrorCode ColumnUnknown = new("COLUMN_UNKNOWN", 422, false, "Unknown column", "The entity has no such column.", "See GET /entities/{entity}.");
    public static readonly ErrorCode TypeInvalid = new("TYPE_INVALID", 422, false, "Wrong type", "The value cannot be read as the column's type.", "Send a value of the type that GET /entities/{entity} shows.");
    public static readonly ErrorCode ValueTooLong = new("VALUE_TOO_LONG", 422, false, "Value too long", "The value is longer than the column or an index on it allows.", "Shorten it.");
    public static readonly ErrorCode NumericOutOfRange = new("NUMERIC_OUT_OF_RANGE", 422, false, "Out of range", "The number does not fit the column's range or precision.", "Send a smaller number.");
    public static readonly ErrorCode NotNullViolation = new("NOT_NULL_VIOLATION", 422, false, "Null not allowed", "A column that must have a value has none.", "Send a value for the column that the pointer names.");
    public static readonly ErrorCode CheckViolation = new("CHECK_VIOLATION", 422, false, "Check failed", "A check constraint, a domain or the check option of a view refused the row.", "Send a row that satisfies the constraint.");
    public static readonly ErrorCode ValidationFailed = new("VALIDATION_FAILED", 422, false, "Validation failed", "The database, a trigger or a rule of the service refused the values.", "See the detail.");
    public static readonly ErrorCode UniqueViolation = new("UNIQUE_VIOLATION", 409, false, "Already exists", "Another row has the same value in a unique key.", "Use another value, or upsert.");
    public static readonly ErrorCode ForeignKeyViolation = new("FOREIGN_KEY_VIOLATION", 409, false, "Reference to a missing row", "A foreign key names a row that does not exist, or a row that others refer to would go.", "Write the other row first, or send both in one batch.");
    public static readonly ErrorCode ExclusionViolation = new("EXCLUSION_VIOLATION", 409, false, "Conflicts with another row", "An exclusion constraint refused the row.", "Send a row that does not conflict.");
    public static readonly ErrorCode DuplicateInBatch = new("DUPLICATE_IN_BATCH", 409, false, "Twice in the batch", "An earlier item of the same batch has the same key.", "Send each key once.");
    public static readonly ErrorCode FilterRequired = new("FILTER_REQUIRED", 400, false, "Filter required", "update and delete need query_params that are not empty and, where the entity has a version column, name the current version.", "Say which rows are meant.");
    public static readonly ErrorCode FilterInvalid = new("FILTER_INVALID", 400, false, "Invalid filter", "An operator is unknown, has the wrong number of values, or does not fit the column.", "See the operators in GET /batch/capabilities.");
    public static readonly ErrorCode MaxAffectedExceeded = new("MAX_AFFECTED_EXCEEDED", 400, false, "Too many rows", "The operation would touch more rows than allowed.", "Narrow the filter or set max_affected.");
    public static readonly ErrorCode NotModified = new("NOT_MODIFIED", 404, false, "Nothing modified", "No row matches, or its version is not the current one.", "Check the filter, read the row again, or say expect_affected: 0 or \"any\".");
    public static readonly ErrorCode PreconditionFailed = new("PRECONDITION_FAILED", 412, false, "Precondition failed", "The row changed since it was read, or the number of rows is not the expected one.", "Read again and repeat with the new $etag.");
    public static readonly ErrorCode AssertionFailed = new("ASSERTION_FAILED", 412, false, "Assertion failed", "The number of matching rows is not the asserted one.", "Look at the data; nothing was written.");

    // What became of an item because of another.
    public static readonly ErrorCode DependencyFailed = new("DEPENDENCY_FAILED", 424, false, "Dependency failed", "An operation that this one depends on failed.", "Mend the operation that causedBy names.");
    public static readonly ErrorCode RolledBack = new("ROLLED_BACK", 424, false, "Rolled back", "The item ran, and was rolled back because another one failed.", "Mend the failed item and send the batch again.");
    public static readonly ErrorCode NotExecuted = new("NOT_EXECUTED", 424, false, "Not executed", "An earlier failure stopped the run before this item.", "Mend the failed item and send the batch again.");

    // Who asks.
    public static readonly ErrorCode Unauthenticated = new("UNAUTHENTICATED", 401, false, "Not authenticated", "The request has no valid token.", "Send a bearer token.");
    public static readonly ErrorCode PermissionDenied = new("PERMISSION_DENIED", 403, false, "Permission denied", "The caller may not do this to that entity.", "Ask for the scope or role.");
    public static readonly ErrorCode RowSecurityViolation = new("ROW_SECURITY_VIOLATION", 403, false, "Row not allowed", "Row-level security of the database refused the row.", "Send a row that the policy allows.");
    public static readonly ErrorCode ClaimsNotAllowed = new("CLAIMS_NOT_ALLOWED", 403, false, "Claims not allowed", "The claims of an operation are wider than those of the caller.", "Narrow them, or use a token with the scope batch:impersonate.");

    // Idempotency and jobs.
    public static readonly ErrorCode IdempotencyInProgress = new("IDEMPOTENCY_IN_PROGRESS", 409, true, "Still running", "A request with the same Idempotency-Key is still running.", "Repeat after Retry-After.");
    public static readonly ErrorCode IdempotencyKeyReused = new("IDEMPOTENCY_KEY_REUSED", 422, false, "Key used for another request", "The Idempotency-Key belongs to a request with another body.", "Use a new key for a new request.");
    public static readonly ErrorCode JobStateConflict = new("JOB_STATE_CONFLICT", 409, false, "Job in another state", "The job's state does not allow this.", "See the job's status.");
    public static readonly ErrorCode JobExpired = new("JOB_EXPIRED", 410, false, "Job expired", "The finished job was kept for its time and removed.", "Nothing; fetch results earlier.");
    public static readonly ErrorCode JobQuotaExceeded = new("JOB_QUOTA_EXCEEDED", 429, true, "Too many jobs", "The caller has as many running jobs as allowed.", "Wait for one to end.");

    // Load and time.
    public static readonly ErrorCode SerializationFailure = new("SERIALIZATION_FAILURE", 409, true, "Concurrent change", "A concurrent transaction changed the same rows; the server's own retries were used up.", "Repeat the request.");
    public static readonly ErrorCode DeadlockDetected = new("DEADLOCK_DETECTED", 409, true, "Deadlock", "Transactions waited for each other; the server's own retries were used up.", "Repeat the request.");
    public static readonly ErrorCode LockTimeout = new("LOCK_TIMEOUT", 409, true, "Row locked", "A row stayed locked by another transaction for too long.", "Repeat the request.");
    public static readonly ErrorCode DeadlineExceeded = new("DEADLINE_EXCEEDED", 504, true, "Deadline exceeded", "The request took longer than allowed and was rolled back.", "Send a smaller batch, or repeat.");
    public static readonly ErrorCode RateLimited = new("RATE_LIMITED", 429, true, "Too many operations", "The caller sent more operations than allowed in the window.", "Repeat after Retry-After.");
    public static readonly ErrorCode Overloaded = new("OVERLOADED", 503, true, "Overloaded", "All database connections are busy, or too many requests are being served.", "Repeat after Retry-After.");
    public static readonly ErrorCode DatabaseUnavailable = new("DATABASE_UNAVAILABLE", 503, true, "Database unavailable", "The database cannot be reached, or the outcome of the commit could not be learned.", "Repeat with the same Idempotency-Key after Retry-After.");
    public static readonly ErrorCode Internal = new("INTERNAL", 500, false, "Internal error", "A defect of the service.", "Report the traceId.");

    /// <summary>All codes, in the order of this file.</summary>
    public static IReadOnlyList<ErrorCode> All { get; } =
    [
        .. typeof(ErrorCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<ErrorCode>(),
    ];
}
