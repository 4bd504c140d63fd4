"""What modules say to each other: reports, commands, requests and events. Frozen structs, no I/O."""
