"""Lines tell their invoice themselves, since a tax adjustment is on no invoice line."""

from django.db import migrations

FILL = """
    ALTER TABLE creditnotes_creditline DISABLE TRIGGER USER;
    UPDATE creditnotes_creditline l SET invoice_id = c.invoice_id
        FROM creditnotes_creditableline c WHERE c.invoice_line_id = l.creditable_id;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    ALTER TABLE creditnotes_creditline ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('creditnotes', '0005_credits_by_every_basis'),
    ]

    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
