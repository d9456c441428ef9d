"""`manage.py nightly_reports`: save the figures of the day."""

import logging
import logging.config

from django.core.management.base import BaseCommand
from django.utils import timezone

from reports.models import SavedReport
from reports.queries import posts_per

VERBOSE = {"version": 1, "incremental": True, "root": {"level": "DEBUG"}}

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Saves one report; `--chatty` logs more."""

    help = "Save the figures of the day"

    def add_arguments(self, parser):
        parser.add_argument("--chatty", action="store_true")

    def handle(self, *args, **options):
        if options["chatty"]:
            logging.config.dictConfig(VERBOSE)
        name = timezone.now().strftime("day %Y-%m-%d")
        rows = [list(row) for row in posts_per("author")]
        SavedReport.objects.update_or_create(name=name, defaults={"rows": rows})
        logger.info("saved %s", name)
        self.stdout.write(f"saved {name}, {len(rows)} rows")
