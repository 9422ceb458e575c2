using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Atlas : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "atlas",
                schema: "batch",
                columns: table => new
                {
                    id = table.Column<short>(type: "smallint", nullable: false),
                    requested = table.Column<long>(type: "bigint", nullable: false),
                    claimed = table.Column<long>(type: "bigint", nullable: false),
                    built = table.Column<long>(type: "bigint", nullable: false),
                    first_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_at = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    lease_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    fence = table.Column<long>(type: "bigint", nullable: false),
                    version = table.Column<long>(type: "bigint", nullable: false),
                    build_timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    frame_count = table.Column<long>(type: "bigint", nullable: false),
                    edge_count = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("atlas_pkey", x => x.id);
                    table.CheckConstraint("atlas_id_check", "id = 1");
                });

            migrationBuilder.CreateTable(
                name: "atlas_part",
                schema: "batch",
                columns: table => new
                {
                    version = table.Column<long>(type: "bigint", nullable: false),
                    part = table.Column<int>(type: "integer", nullable: false),
                    nodes = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("atlas_part_pkey", x => new { x.version, x.part });
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "atlas",
                schema: "batch");

            migrationBuilder.DropTable(
                name: "atlas_part",
                schema: "batch");
        }
    }
}
