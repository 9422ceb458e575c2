# syntax=docker/dockerfile:1

FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# The packages are restored in a layer of their own: it stays cached while only code changes.
COPY global.json Directory.Build.props Directory.Packages.props .editorconfig ./
COPY src/BatchService/BatchService.csproj src/BatchService/
RUN dotnet restore src/BatchService
COPY samples/chinook samples/chinook
COPY src src
# Analyzers and warnings are the business of .ci/run: a newer SDK image with new warnings must not stop an image build.
RUN dotnet publish src/BatchService --configuration Release --no-restore --output /app \
    -p:UseAppHost=false -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0
WORKDIR /app
COPY --from=build /app .
# URLS, not ASPNETCORE_URLS: it also wins over an address in appsettings.json. The image's own HTTP_PORTS would only add a warning.
ENV URLS=http://+:8080 ASPNETCORE_HTTP_PORTS=
EXPOSE 8080
# The account that the base image brings (1654). Nothing below /app is writable to it, and the service writes no files.
USER $APP_UID
# The image has no curl, but bash speaks TCP. Ready = database reachable and migrated.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080 && printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && read -r -t 4 _ status _ <&3 && [[ $status == 200 ]] || exit 1"]
ENTRYPOINT ["dotnet", "BatchService.dll"]
