"""How pictures are drawn: what reports and single trials share.

Workers draw a trial's pictures and reports draw a study's; neither may know the other, so what both need
stands below both. Nothing here knows of studies or answers: functions take arrays and numbers.
"""
