"""Scenarios: what happens to a meter and what it must show afterwards, in one TOML file (docs/scenarios.md).

kinds       what a key of the file may hold             models    the tables of the file
load        the file into models, a line per problem    problems  what is wrong with a scenario
zone        local time                                  timeline  models into moments of true time
household   loads that change with the hour             truth     what really flowed
power       mains, voltage and what the meter does      commands  orders over the wire, with a password
reading     what a head end reads from the meter        judge     expectations against what was read
record      samples, and what the meter's logs say      switches  when the rate switched
transcript  one line per thing that happened            run       all of it, without a file or a clock
"""
