namespace BatchService.DatabaseTests.Reliability;

/// <summary>What an ill-meaning or broken client may send.</summary>
internal static class HostileInput
{
    /// <summary>A long value; it is not among the others, since pools of buffers keep what it needed for a while.</summary>
    public static readonly string Long = $"\"{new string('x', 100_000)}\"";

    /// <summary>JSON values, each well-formed enough to stand in a document of its own.</summary>
    public static readonly string[] Values =
    [
        "0", "-0", "1.0", "1e2", "1.5", "0.1e-7", "99999", "2147483648", "9223372036854775808", "-9223372036854775809",
        "123456789012345678901234567890123456789", "1e308", "1e400", "-1e400", "1e-400", "1e131071", "1e1000000000", "0.0000000000000000000000000000000001",
        "true", "false", "null", "[]", "{}", "[null]", "[1,null,\"a\"]", "[[1,2],[3]]", "[[[[[[[]]]]]]]", "{\"a\":1}", "{\"a\":{\"b\":[1]}}", "{\"a\":1,\"a\":2}",
        "{\"$ref\":\"x\"}", "\"$ref:nobody.id\"", "\"${ref:nobody.id}\"", "\"$$ref:x\"", "\"$ref:\"", "\"\"", "\" \"", "\"'\"", "\"\\\"\"", "\"\\\\\"", "\"%s%n%x\"", "\"{0}\"",
        "\"'; DROP TABLE vault; --\"", "\"$1\"", "\"E'\\\\x41'\"", "\"\\u0000\"", "\"a\\u0000b\"", "\"\\ud800\"", "\"\\udc00x\"", "\"\\uffff\"", "\"\\u202e\"", "\"e\\u0301\"", "\"😀\"",
        "\"NaN\"", "\"nan\"", "\"Infinity\"", "\"-Infinity\"", "\"infinity\"", "\"today\"", "\"now\"", "\"epoch\"", "\"allballs\"", "\"10000-01-01\"", "\"294277-01-01T00:00:00Z\"",
        "\"4714-11-24 BC\"", "\"0000-00-00\"", "\"2023-02-30\"", "\"2023-01-01T24:00:00+19:00\"", "\"24:00:00\"", "\"23:59:60\"", "\"25:61\"", "\"P1Y\"", "\"1 year ago\"", "\"178000001 years\"",
        "\"{}\"", "\"{1,2\"", "\"{{1,2},{3}}\"", "\"[1:2]={1,2}\"", "\"[1,5)\"", "\"[5,1]\"", "\"empty\"", "\"(1,2\"", "\"(1,b)\"", "\"(,)\"", "\"<a>\"", "\"<a/>\"",
        "\"<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>\"", "\"101\"", "\"1012\"", "\"B'1'\"", "\"$12.3\"", "\"12345678-1234-1234-1234-1234567890ab\"", "\"::1\"",
        "\"999.999.999.999\"", "\"10.0.0.1/8\"", "\"08:00:2b:01:02:03\"", "\"good\"", "\"GOOD\"", "\"pg_class\"", "\"no_such_class\"", "\"!!!not base64\"", "\"AAEC\"", "\"0x10\"", "\"1_000\"",
        "\"١٢٣\"", "\"1,5\"", "\" 1 \"", "\"+1\"", "\"-\"", "\"yes\"", "\"t\"", "\"a & b | !c\"", "\"'a':1A\"",
    ];

    /// <summary>Whole bodies that are no batch.</summary>
    public static readonly string[] Bodies =
    [
        "", " ", "\n", "{", "}", "[", "]", "[]", "{}", "null", "true", "0", "\"\"", "nul", "{'a':1}", "{a:1}", "{\"a\":1,}", "{\"operations\":}", "/* */{}", "{}{}", "{} x", "\uFEFF{}",
        "{\"operations\":null}", "{\"operations\":[]}", "{\"operations\":{}}", "{\"operations\":[null]}", "{\"operations\":[[]]}", "{\"operations\":[1,\"a\",true]}", "{\"operations\":[{}]}",
        "{\"operations\":[{\"entity\":null,\"action\":null}]}", "{\"operations\":[{\"entity\":1,\"action\":2}]}", "{\"operations\":[{\"entity\":\"vault\",\"action\":\"drop\"}]}",
        "{\"operations\":[{\"entity\":\"vault\",\"action\":\"read,delete\"}]}", "{\"operations\":[{\"entity\":\"batch\",\"action\":\"create\"}]}",
        "{\"operations\":[{\"id\":{},\"entity\":\"vault\",\"action\":\"read\"}]}", "{\"operations\":[{\"id\":\"\\u0000\",\"entity\":\"vault\",\"action\":\"read\"}]}",
        "{\"operations\":[{\"entity\":\"vault\",\"action\":\"read\",\"depends_on\":[\"op_0\"]}]}", "{\"operations\":[{\"entity\":\"vault\",\"action\":\"read\",\"depends_on\":{}}]}",
        "{\"operations\":[{\"entity\":\"vault\",\"action\":\"read\",\"claims\":{\"sub\":\"root\",\"roles\":[\"admin\"]}}]}",
        "{\"operations\":[{\"entity\":\"vault\",\"action\":\"read\",\"metadata_params\":[]}]}", "{\"operations\":[{\"entity\":\"vault\",\"action\":\"update\",\"store_params\":{},\"query_params\":{\"vault_id\":1}}]}",
        "{\"operations\":[{\"entity\":\"vault\",\"action\":\"create\",\"store_params\":[]}]}", "{\"operations\":[{\"entity\":\"vault\",\"action\":\"create\",\"store_params\":[[],{}]}]}",
        "{\"operations\":[{\"entity\":\"vault\",\"action\":\"create\",\"store_params\":{\"vault_id\":1}}]}", "{\"operations\":[{\"entity\":\"vault\",\"action\":\"upsert\",\"store_params\":{}}]}",
        "{\"operations\":[{\"entity\":\"vault\",\"action\":\"create\"}],\"options\":[]}", "{\"operations\":[{\"entity\":\"vault\",\"action\":\"create\"}],\"options\":{\"atomic\":\"yes\"}}",
        "{\"operations\":[{\"entity\":\"vault\",\"action\":\"create\"}],\"options\":{\"turbo\":true}}", "{\"action\":\"create\"}", "{\"action\":null,\"items\":null}", "{\"action\":\"create\",\"items\":{}}",
        "{\"action\":\"create\",\"items\":[null,1,\"a\",[],{}]}", "{\"action\":\"update\",\"items\":[{}]}", "{\"action\":\"update\",\"items\":[{\"vault_id\":1}]}", "{\"action\":\"delete\",\"items\":[{\"vault_id\":null}]}",
        "{\"action\":\"delete\",\"items\":[{\"vault_id\":1,\"$etag\":7}]}", "{\"action\":\"upsert\",\"items\":[{\"c_text\":\"a\"}],\"options\":{\"on_conflict\":{\"columns\":[]}}}",
        "{\"action\":\"upsert\",\"items\":[{\"c_text\":\"a\"}],\"options\":{\"on_conflict\":{\"columns\":[\"c_json\"]}}}", "{\"action\":\"upsert\",\"items\":[{\"c_text\":\"a\"}],\"options\":{\"on_conflict\":7}}",
        new string('[', 100), new string('[', 100_000), string.Concat(Enumerable.Repeat("{\"a\":", 65)), "{\"operations\":\"" + new string('x', 1_000_000) + "\"}",
        "{\"operations\":[" + string.Join(',', Enumerable.Repeat("{\"entity\":\"vault\",\"action\":\"read\"}", 101)) + "]}", "\u0000", "\uFFFE", "{\"\\ud800\":1}", "{\"operations\":[{\"entity\":\"\\udfff\"}]}",
    ];

    /// <summary>Bodies that are not even text.</summary>
    public static readonly byte[][] Bytes =
        [[0xff], [0xc0, 0x80], [0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xfe, 0xff, 0, 0x7b], [0x1f, 0x8b, 8, 0], new byte[1000]];

    /// <summary>In the place of a name: entity, column, operator, path.</summary>
    public static readonly string[] Names =
    [
        "", " ", ".", "..", "*", "'", "\"", "\\", ";", "--", "/*", "%", "_", "$1", "a;b", "vault\"; DROP TABLE vault; --", "vault'--", "pg_catalog.pg_class", "information_schema.tables", "batch.idempotency_key",
        "idempotency_key", "pg_user", "VAULT", "vault ", "$etag", "$t", "ctid", "xmin", "tableoid", "oid", "\u0000", "\u202evault", "😀", "c_text\u0000", "select", "null", "c_text::int", "c_text, vault_id", "shelf.nobody.vault_id",
        "vault.vault.vault.vault_id", "shelf.vault_id", "vault.c_text", "nobody.vault_id", "constructor", "__proto__", "toString", new string('n', 64), new string('n', 100_000),
    ];

    /// <summary>In the place of a header's value.</summary>
    public static readonly string[] HeaderValues =
    [
        "", " ", ",", ";", "=", "\"", "\"\"", "\"unclosed", "é", "a, b", "a;b=c", "*", "*/*;q=2", "respond-async", "return=minimal, return=representation", "return=nothing", "wait=-1", "wait=999999999999", "handling=strict, foo=bar",
        "multi-status=500", "application/json", "application/json; charset=utf-7", "application/json; charset=\"", "application/xml", "text/csv; header=absent", "multipart/form-data; boundary=x", "gzip", "br", "gzip, br", "deflate",
        "identity", "x-nobody", "chunked", "../../etc/passwd", "${jndi:ldap://x}", "<script>", new string('k', 255), new string('k', 256), new string('k', 8_000),
    ];
}
