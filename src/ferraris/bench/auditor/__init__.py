"""The naive auditor: a second reading of docs/billing.md that shares no line of code with the firmware.

terms      what a meter was told to do, as plain data
almanac    local time, rates and the ends of periods, with the library's calendar
books      what has been counted so far, as values
rules      docs/billing.md as functions from books to books, one for each rule
auditor    listens to the pins, keeps the books
"""
