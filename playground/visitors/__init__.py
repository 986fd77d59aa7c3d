"""What comes from people: pictures, words, numbers, turns, sessions, and the guard at the door."""
