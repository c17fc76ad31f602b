from pages.ui.frame import shell
from pages.ui.report.choose import choose_pages
from pages.ui.report.downloads import show_downloads
from pages.ui.report.preview import show_preview

workspace = shell.open_page("report")
report = choose_pages(workspace)
show_downloads(workspace, report)
show_preview(report)
