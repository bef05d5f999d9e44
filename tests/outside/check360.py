"""``check360.py FOLDER FILE``: a 360Giving file against the standard's own schemas.

FOLDER holds ``360-giving-package-schema.json`` and ``360-giving-schema.json`` as the standard
publishes them. Formats (dates, addresses) are checked too.
"""

import json
import sys
from pathlib import Path

from jsonschema import Draft202012Validator, FormatChecker

folder, file = Path(sys.argv[1]), Path(sys.argv[2])
content = json.loads(file.read_bytes())
package = json.loads((folder / "360-giving-package-schema.json").read_bytes())
grant = json.loads((folder / "360-giving-schema.json").read_bytes())
package["properties"]["grants"]["items"] = grant
faults = list(Draft202012Validator(package, format_checker=FormatChecker()).iter_errors(content))
for fault in faults[:20]:
    sys.stderr.write(f"{list(fault.absolute_path)}: {fault.message[:200]}\n")
sys.stdout.write(f"{len(content['grants'])} grants, {len(faults)} faults\n")
sys.exit(bool(faults))
