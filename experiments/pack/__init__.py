"""What a workshop and practice take home: a report, slides, a guide on two pages, and the map of cases."""
