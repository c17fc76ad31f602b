from engine.storage.runs import list_runs
from pages.ui.compare.deploy import show_deployment
from pages.ui.compare.learning_curve import show_learning_curve
from pages.ui.compare.run_choice import choose_runs, follow_citation, show_nothing
from pages.ui.compare.take_home import show_take_home
from pages.ui.compare.view import show_comparison
from pages.ui.frame import shell
from pages.ui.training.training_form import choose_task

follow_citation()
workspace = shell.open_page("compare")
every = list_runs(workspace)
task = choose_task(every[0].task) if every else choose_task()
runs = [run for run in every if run.task == task]
if runs:
    first, second = choose_runs(runs)
    show_comparison(workspace, first, second)
    show_learning_curve(workspace, first)
    show_deployment(workspace, first)
    show_take_home(workspace, first)
else:
    show_nothing(workspace)
