"""Pages that gather several rooms: home, the donor's page, group page, staff inbox, check board."""
