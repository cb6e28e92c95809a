"""The admin site as one whole: its order by task, its start page, who may do what there."""
