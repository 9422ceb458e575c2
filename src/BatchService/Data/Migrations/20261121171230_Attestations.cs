using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Attestations : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "attestation",
                schema: "batch",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    subjects = table.Column<string[]>(type: "text[]", nullable: false),
                    predicates = table.Column<string[]>(type: "text[]", nullable: false),
                    contexts = table.Column<string[]>(type: "text[]", nullable: false),
                    contexts_folded = table.Column<string[]>(type: "text[]", nullable: true),
                    actors = table.Column<string[]>(type: "text[]", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    source = table.Column<string>(type: "text", nullable: false),
                    attributes = table.Column<string>(type: "jsonb", nullable: true),
                    created_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    created_by = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("attestation_pkey", x => x.id);
                });

            migrationBuilder.CreateIndex(
                name: "attestation_contexts_folded_idx",
                schema: "batch",
                table: "attestation",
                column: "contexts_folded",
                filter: "contexts_folded IS NOT NULL")
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "attestation_lists_idx",
                schema: "batch",
                table: "attestation",
                columns: new[] { "subjects", "predicates", "contexts", "actors" })
                .Annotation("Npgsql:IndexMethod", "gin");

            migrationBuilder.CreateIndex(
                name: "attestation_timestamp_idx",
                schema: "batch",
                table: "attestation",
                columns: new[] { "timestamp", "id" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "attestation",
                schema: "batch");
        }
    }
}
