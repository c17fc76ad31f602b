"""The page of the course: exercises with their checks, glossary and questions."""
