namespace BatchService.Devices;

/// <summary>Request bodies that run as they are, for the OpenAPI document. The keys are those of the test vectors of RFC 8032.</summary>
internal static class DeviceExamples
{
    public const string DeviceId = "phone-1";

    public const string Enroll = """
        {
          "device_id": "phone-1",
          "public_key": "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
          "platform": "ios",
          "app_version": "2.4.0"
        }
        """;

    public const string EnrollBatch = """
        {
          "items": [
            { "device_id": "phone-2", "public_key": "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=", "platform": "android" },
            { "device_id": "phone-3", "public_key": "ed25519:PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=", "platform": "ios", "app_version": "2.4.0" }
          ],
          "options": { "continueOnError": true }
        }
        """;

    public const string Lock = """
        {
          "device_id": "phone-1",
          "device_pubkey": "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
          "asset_hash": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
          "capture_time_utc": "2026-01-31T12:00:00Z",
          "geo": { "lat": 52.52, "lon": 13.405 },
          "signature": "MBnPuIK0Y1ZKR8ZEa7YMaXCxmdCGfHMXqOmYREEOzJP4P7fawO9ArQSUWSXVBd4On3r6swC/iXoF7xZCHqxwCA=="
        }
        """;

    public const string LockBatch = """
        {
          "items": [
            {
              "device_id": "phone-1",
              "device_pubkey": "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
              "asset_hash": "sha256:60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
              "capture_time_utc": "2026-01-31T12:01:00Z"
            },
            {
              "device_id": "phone-1",
              "device_pubkey": "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
              "asset_hash": "sha256:fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13",
              "capture_time_utc": "2026-01-31T12:02:00Z"
            }
          ]
        }
        """;

    public const string Query = """
        {
          "items": [
            { "content_hash": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" },
            { "record_id": "01980000-0000-7000-8000-000000000001" },
            { "device_id": "phone-1" }
          ]
        }
        """;
}
