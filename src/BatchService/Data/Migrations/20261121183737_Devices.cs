using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Devices : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "device",
                schema: "batch",
                columns: table => new
                {
                    device_id = table.Column<string>(type: "text", nullable: false),
                    public_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    platform = table.Column<string>(type: "text", nullable: false),
                    app_version = table.Column<string>(type: "text", nullable: true),
                    token_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    token_issued_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    token_expires_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    enrolled_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    enrolled_by = table.Column<string>(type: "text", nullable: false),
                    updated_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("device_pkey", x => x.device_id);
                });

            migrationBuilder.CreateTable(
                name: "proof",
                schema: "batch",
                columns: table => new
                {
                    record_id = table.Column<Guid>(type: "uuid", nullable: false),
                    device_id = table.Column<string>(type: "text", nullable: false),
                    device_pubkey = table.Column<byte[]>(type: "bytea", nullable: false),
                    asset_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    capture_time_utc = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    geo = table.Column<string>(type: "jsonb", nullable: true),
                    signature = table.Column<byte[]>(type: "bytea", nullable: true),
                    signed_text = table.Column<string>(type: "text", nullable: true),
                    shortcode = table.Column<string>(type: "text", nullable: false),
                    locked_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    locked_by = table.Column<string>(type: "text", nullable: false),
                    seal_id = table.Column<Guid>(type: "uuid", nullable: true),
                    leaf_position = table.Column<int>(type: "integer", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("proof_pkey", x => x.record_id);
                });

            migrationBuilder.CreateTable(
                name: "proof_seal",
                schema: "batch",
                columns: table => new
                {
                    seal_id = table.Column<Guid>(type: "uuid", nullable: false),
                    root = table.Column<byte[]>(type: "bytea", nullable: false),
                    proof_count = table.Column<int>(type: "integer", nullable: false),
                    sealed_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("proof_seal_pkey", x => x.seal_id);
                });

            migrationBuilder.CreateIndex(
                name: "proof_asset_hash_idx",
                schema: "batch",
                table: "proof",
                columns: new[] { "asset_hash", "record_id" });

            migrationBuilder.CreateIndex(
                name: "proof_device_id_idx",
                schema: "batch",
                table: "proof",
                column: "device_id");

            migrationBuilder.CreateIndex(
                name: "proof_seal_idx",
                schema: "batch",
                table: "proof",
                columns: new[] { "seal_id", "leaf_position" },
                filter: "seal_id IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "proof_shortcode_key",
                schema: "batch",
                table: "proof",
                column: "shortcode",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "proof_unsealed_idx",
                schema: "batch",
                table: "proof",
                column: "record_id",
                filter: "seal_id IS NULL");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "device",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "proof",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "proof_seal",
                schema: "batch");
        }
    }
}
