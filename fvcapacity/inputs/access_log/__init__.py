"""Access logs of web servers, as counts by route and interval.

`read_access_logs` reads nginx's combined, common and user-defined formats and JSON lines, plain or gzip, in one pass
and in memory that does not grow with the log.
"""

from fvcapacity.inputs.access_log.log import AccessLog, read_access_logs
from fvcapacity.inputs.access_log.options import LogOptions

__all__ = ["AccessLog", "LogOptions", "read_access_logs"]
