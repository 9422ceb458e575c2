using BatchService.Batching;

namespace BatchService.Devices;

/// <summary>The schemas of devices and proofs in the OpenAPI document: what the readers of this folder read, and what is answered.</summary>
internal static class DeviceSchemas
{
    private const string Key = """{ "type": "string", "pattern": "^ed25519:[A-Za-z0-9+/]{43}=$", "description": "ed25519: and the Base64 of the 32 bytes of a public key." }""";

    private const string Hash = """{ "type": "string", "pattern": "^sha256:[0-9a-fA-F]{64}$" }""";

    private const string Time = """{ "type": "string", "format": "date-time" }""";

    public static string Of(BatchOptions limits) => $$"""
        {
          "Enrollment": {
            "type": "object",
            "required": ["device_id", "public_key", "platform"],
            "properties": {
              "device_id": { "type": "string", "minLength": 1, "maxLength": {{EnrollmentReader.MaxIdLength}}, "pattern": "^[A-Za-z0-9._:@+=-]+$" },
              "public_key": {{Key}},
              "platform": {{Text(EnrollmentReader.MaxTextLength)}},
              "app_version": {{Text(EnrollmentReader.MaxTextLength)}},
              "current_token": { "type": "string", "minLength": 1, "maxLength": {{EnrollmentReader.MaxTokenLength}},
                "description": "What a device that is enrolled already must show." },
              "force": { "type": "boolean", "default": false, "description": "A new token in any case, and another key if there is one." }
            },
            "additionalProperties": false
          },
          "ProofLock": {
            "type": "object",
            "required": ["device_id", "device_pubkey", "asset_hash", "capture_time_utc"],
            "properties": {
              "device_id": {{Text(EnrollmentReader.MaxIdLength)}},
              "device_pubkey": {{Key}},
              "asset_hash": {{Hash}},
              "capture_time_utc": {{Time}},
              "geo": { "type": "object", "additionalProperties": {}, "description": "At most {{ProofLockReader.MaxGeoLength}} characters; coordinates are in degrees.",
                "properties": {
                  "lat": { "type": "number", "minimum": -90, "maximum": 90 },
                  "latitude": { "type": "number", "minimum": -90, "maximum": 90 },
                  "lon": { "type": "number", "minimum": -180, "maximum": 180 },
                  "lng": { "type": "number", "minimum": -180, "maximum": 180 },
                  "longitude": { "type": "number", "minimum": -180, "maximum": 180 }
                } },
              "signature": { "type": "string", "minLength": 1, "maxLength": {{ProofLockReader.MaxTextLength}}, "description": "Base64 of the Ed25519 signature over asset_hash|capture_time_utc." }
            },
            "additionalProperties": false
          },
          "Lookup": {
            "type": "object",
            "description": "Exactly one of the fields.",
            "properties": {
              "content_hash": {{Hash}},
              "record_id": { "type": "string", "format": "uuid" },
              "device_id": {{Text(EnrollmentReader.MaxIdLength)}}
            },
            "additionalProperties": false
          },
          "EnrollmentBatchRequest": {{Batch("Enrollment", limits)}},
          "ProofLockBatchRequest": {{Batch("ProofLock", limits)}},
          "LookupBatchRequest": {{Batch("Lookup", limits)}},
          "ItemBatchOptions": {
            "type": "object",
            "properties": { {{RequestOptionsSchema.Properties(RequestOptions.OfJobs)}} },
            "additionalProperties": false
          },
          {{Answers}}
        }
        """;

    private static string Answers => $$"""
        "EnrollmentToken": {
          "type": "object",
          "required": ["device_id", "token", "issued_at", "expires_at"],
          "properties": {
            "device_id": { "type": "string" },
            "token": { "type": "string", "description": "Told once; only its hash is kept." },
            "issued_at": {{Time}},
            "expires_at": {{Time}}
          }
        },
        "ProofReceipt": {
          "type": "object",
          "required": ["record_id", "status", "shortcode", "locked_at"],
          "properties": {
            "record_id": { "type": "string", "format": "uuid" },
            "status": { "type": "string", "enum": ["LOCKED"] },
            "shortcode": { "type": "string" },
            "locked_at": {{Time}}
          }
        },
        "Device": {
          "type": "object",
          "required": ["device_id", "public_key", "platform", "app_version", "token_expires_at", "enrolled_at", "updated_at", "proof_count"],
          "properties": {
            "device_id": { "type": "string" },
            "public_key": { "type": "string" },
            "platform": { "type": "string" },
            "app_version": { "type": "string", "nullable": true },
            "token_expires_at": {{Time}},
            "enrolled_at": {{Time}},
            "updated_at": {{Time}},
            "proof_count": { "type": "integer", "format": "int64" }
          }
        },
        "Proof": {
          "type": "object",
          "required": ["record_id", "status", "shortcode", "device_id", "device_pubkey", "asset_hash", "capture_time_utc", "locked_at"],
          "properties": {
            "record_id": { "type": "string", "format": "uuid" },
            "status": { "type": "string", "enum": ["LOCKED", "SEALED"] },
            "shortcode": { "type": "string" },
            "device_id": { "type": "string" },
            "device_pubkey": { "type": "string" },
            "asset_hash": { "type": "string" },
            "capture_time_utc": {{Time}},
            "geo": { "type": "object", "additionalProperties": {}, "nullable": true },
            "signature": { "type": "string", "nullable": true },
            "signed_text": { "type": "string", "nullable": true },
            "locked_at": {{Time}},
            "batch_id": { "type": "string", "format": "uuid", "nullable": true, "description": "The seal; null until the proof is sealed." },
            "merkle_root": { "type": "string", "nullable": true },
            "sealed_at": { "type": "string", "format": "date-time", "nullable": true },
            "inclusion_path": {
              "type": "array",
              "nullable": true,
              "description": "From the proof to the root.",
              "items": {
                "type": "object",
                "required": ["position", "hash"],
                "properties": { "position": { "type": "string", "enum": ["left", "right"] }, "hash": { "type": "string" } }
              }
            }
          }
        },
        "EnrollmentBatchResult": {{ItemSchemas.Answer(ItemNames.SnakeCase, "EnrollmentResult")}},
        "EnrollmentResult": {{Result("EnrollmentToken")}},
        "ProofLockBatchResult": {{ItemSchemas.Answer(ItemNames.SnakeCase, "ProofLockResult")}},
        "ProofLockResult": {{Result("ProofReceipt")}},
        "LookupBatchResult": {{ItemSchemas.Answer(ItemNames.SnakeCase, "LookupResult")}},
        "LookupResult": {{Result("LookupAnswer")}},
        "LookupAnswer": {
          "type": "object",
          "description": "With the fields of the device or the proof that was found, or the proofs of the content.",
          "required": ["found"],
          "properties": { "found": { "type": "boolean" } },
          "additionalProperties": {}
        }
        """;

    private static string Batch(string item, BatchOptions limits) => $$"""
        {
          "type": "object",
          "required": ["items"],
          "properties": {
            "items": { "type": "array", "minItems": 1, "maxItems": {{limits.MaxItems}}, "items": { "$ref": "#/components/schemas/{{item}}" } },
            "options": { "$ref": "#/components/schemas/ItemBatchOptions" }
          },
          "additionalProperties": false
        }
        """;

    private static string Result(string data) =>
        ItemSchemas.Result(ItemNames.SnakeCase, $$""" "data": { "$ref": "#/components/schemas/{{data}}" },""");

    private static string Text(int maxLength) => $$"""{ "type": "string", "minLength": 1, "maxLength": {{maxLength}} }""";
}
