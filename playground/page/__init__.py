"""What the tabs share on the page: languages, widgets, header, models panel."""
