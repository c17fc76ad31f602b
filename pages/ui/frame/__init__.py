"""The frame around every page: session, navigation, language, links."""
