"""What comes in, from vehicles, people and sensors: each exactly once."""
