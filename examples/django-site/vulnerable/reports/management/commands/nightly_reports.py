"""`manage.py nightly_reports`: save the figures of the day."""

import logging
import logging.config

from django.core.management.base import BaseCommand
from django.utils import timezone

from reports.models import SavedReport
from reports.queries import posts_per

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Saves one report; `--listen` lets an operator change the logging meanwhile."""

    help = "Save the figures of the day"

    def add_arguments(self, parser):
        parser.add_argument("--listen", type=int, default=0, metavar="PORT")

    def handle(self, *args, **options):
        if options["listen"]:
            logging.config.listen(options["listen"]).start()  # expect: logging-config-listen
        name = timezone.now().strftime("day %Y-%m-%d")
        rows = [list(row) for row in posts_per("author_id")]
        SavedReport.objects.update_or_create(name=name, defaults={"rows": rows})
        logger.info("saved %s", name)
        self.stdout.write(f"saved {name}, {len(rows)} rows")
