"""Single words and names in verdicts, in English and in Spanish."""

from __future__ import annotations

WORDS = {
    "HOLDS": "CUMPLE",
    "MISSED": "NO CUMPLE",
    "NOTHING TO JUDGE": "NADA QUE JUZGAR",
    "RECOMMENDED": "RECOMENDADO",
    "LEFT ALONE": "SE DEJA COMO ESTÁ",
    "NO CONFIGURATION": "NINGUNA CONFIGURACIÓN",
    "UNFINISHED": "SIN TERMINAR",
    "REFUSED": "RECHAZADO",
    "PASSED": "APROBADO",
    "KEPT": "SE MANTIENE",
    "BROKEN": "SE ROMPE",
    "kept": "se mantiene",
    "broken": "se rompe",
    "not judged": "sin juzgar",
}
WEEKDAYS = {"Mon": "lun", "Tue": "mar", "Wed": "mié", "Thu": "jue", "Fri": "vie", "Sat": "sáb", "Sun": "dom"}
MONTHS = {
    "Jan": "ene", "Feb": "feb", "Mar": "mar", "Apr": "abr", "May": "may", "Jun": "jun", "Jul": "jul", "Aug": "ago",
    "Sep": "sep", "Oct": "oct", "Nov": "nov", "Dec": "dic",
}  # fmt: skip
MEASURES = {
    "p95 over all user requests": "el p95 de todas las solicitudes de usuarios",
    "the worst p95 of a route in five minutes": "el peor p95 de una ruta en cinco minutos",
    "the cost of the window": "el costo de la ventana",
    "the node-hours": "las horas de nodo",
    "the error ratio": "la tasa de errores",
    "p95": "el p95",
}
UNITS = {
    "ms": "ms",
    "s": "s",
    "%": "%",
    "USD": "USD",
    "points": "puntos",
    "h": "h",
    "hours of machines": "horas de máquina",
}
WHERE = {"over all user requests": "en el conjunto de las solicitudes de usuarios"}
