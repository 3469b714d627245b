"""The signalling proxy: frames between browsers and the media worker that holds their room."""
