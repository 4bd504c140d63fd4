"""The services of the platform. They stand side by side: none imports another; each can be a process of its own."""
