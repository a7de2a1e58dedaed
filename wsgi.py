"""What gunicorn serves."""

from inspection.app import create_app
from inspection.settings import Settings

app = create_app(Settings.from_env())
