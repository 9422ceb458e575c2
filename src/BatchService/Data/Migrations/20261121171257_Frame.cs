using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace BatchService.Data.Migrations
{
    /// <inheritdoc />
    public partial class Frame : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "frame",
                schema: "batch",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    timestamp = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    branch = table.Column<string>(type: "text", nullable: false),
                    module_scope = table.Column<string[]>(type: "text[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("frame_pkey", x => x.id);
                });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "frame",
                schema: "batch");
        }
    }
}
