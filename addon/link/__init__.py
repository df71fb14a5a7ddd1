"""The add-on's end of the wire: start and stop the engine, talk to it, and move jobs along."""
