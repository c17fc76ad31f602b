from engine.course.reader import read_exercises
from pages.ui.course import opened
from pages.ui.course.exercise import show_exercise
from pages.ui.course.overview import show_overview
from pages.ui.course.questions import show_questions
from pages.ui.course.words import show_glossary
from pages.ui.frame import link, session, shell
from pages.ui.frame.i18n import language
from pages.ui.parts.views import show_views

link.remember(opened.KEY)
shell.require_frame()
workspace = session.workspace()
exercises = read_exercises(language())
exercise = opened.exercise(exercises)
if exercise is None:
    shell.heading("course")
    show_views(
        "course",
        {
            "exercises": lambda: show_overview(workspace, exercises),
            "glossary": show_glossary,
            "questions": show_questions,
        },
    )
else:
    show_exercise(workspace, exercise)
