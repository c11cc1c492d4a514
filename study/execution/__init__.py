"""A study on its way: plan, schedule, journal, runner, and where work is done."""
