public import Operations

/// The coordinator's page: three files that are part of the executable, and nothing fetched from elsewhere.
///
/// What it shows comes from the feed at `/events`.
public enum Dashboard {
    /// Shows the page at `/`.
    public static func show(on board: StatusBoard) {
        show("/", "text/html; charset=utf-8", PackageResources.dashboard_html, on: board)
        show("/dashboard.css", "text/css; charset=utf-8", PackageResources.dashboard_css, on: board)
        show("/dashboard.js", "text/javascript; charset=utf-8", PackageResources.dashboard_js, on: board)
    }

    private static func show(_ path: String, _ type: String, _ bytes: [UInt8], on board: StatusBoard) {
        board.show(path, StatusBoard.Document(contentType: type) { bytes })
    }
}
