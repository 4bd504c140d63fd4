"""What every module stands on; knows nothing about charging."""
