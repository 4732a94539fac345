"""Every word and sentence of a review, in English and in Spanish.

Names in braces are filled in by the page; both languages have the same names in every sentence (a test holds them to
it).
"""

from __future__ import annotations

from fvcapacity.report.tongue import Language, Tongue

WORDS: dict[str, tuple[str, str]] = {
    # head
    "title": ("Quarterly review {quarter}", "Revisión trimestral {quarter}"),
    "subtitle": ("{first} to {last} · {scenarios} · {zone}", "{first} a {last} · {scenarios} · {zone}"),
    "made-by": (
        "Made by fvcapacity from simulated days; all amounts in US dollars.",
        "Elaborado con fvcapacity a partir de días simulados; todos los montos en dólares estadounidenses.",
    ),
    # key figures
    "key.bill": ("Bill", "Factura"),
    "key.change": ("Against {quarter}", "Frente a {quarter}"),
    "key.thousand": ("Per thousand requests", "Por mil solicitudes"),
    "key.idle": ("Idle", "Sin uso"),
    "key.objectives": ("Objectives", "Objetivos"),
    "key.next": ("Expected in {quarter}", "Previsto para {quarter}"),
    "key.no-previous": ("no quarter to compare with", "sin trimestre con que comparar"),
    # headings
    "h.bill": ("The bill", "La factura"),
    "h.services": ("Who caused it", "Quién la causó"),
    "h.idle": ("What was idle", "Qué quedó sin uso"),
    "h.quality": ("Incidents against objectives", "Incidentes frente a los objetivos"),
    "h.advice": ("Recommendation", "Recomendación"),
    "h.forecast": ("The next quarter: {quarter}", "El próximo trimestre: {quarter}"),
    "h.budget": ("Budget", "Presupuesto"),
    "h.what-if": ("What if", "Qué pasaría si"),
    "h.notes": ("What to know", "Qué hay que saber"),
    # the bill
    "bill.alone": (
        "The quarter costs {usd} for {requests} requests.",
        "El trimestre cuesta {usd} por {requests} solicitudes.",
    ),
    "bill.more": (
        "The quarter costs {usd} for {requests} requests: {difference} ({percent}) more than {quarter}.",
        "El trimestre cuesta {usd} por {requests} solicitudes: {difference} ({percent}) más que {quarter}.",
    ),
    "bill.less": (
        "The quarter costs {usd} for {requests} requests: {difference} ({percent}) less than {quarter}.",
        "El trimestre cuesta {usd} por {requests} solicitudes: {difference} ({percent}) menos que {quarter}.",
    ),
    "bill.same": (
        "The quarter costs {usd} for {requests} requests, as much as {quarter}.",
        "El trimestre cuesta {usd} por {requests} solicitudes, lo mismo que {quarter}.",
    ),
    "bill.traffic": (
        "Requests changed by {percent}.",
        "Las solicitudes variaron en {percent}.",
    ),
    "bill.days": ("Cost by day", "Costo por día"),
    "bill.quarters": ("Three quarters", "Tres trimestres"),
    "services.chart": ("Cost by service", "Costo por servicio"),
    "route.all": ("all routes", "todas las rutas"),
    # table heads
    "t.category": ("Category", "Categoría"),
    "t.service": ("Service", "Servicio"),
    "t.month": ("Month", "Mes"),
    "t.usd": ("USD", "USD"),
    "t.share": ("Share", "Proporción"),
    "t.change": ("Change", "Variación"),
    "t.requests": ("Requests", "Solicitudes"),
    "t.range80": ("80 % of the draws", "80 % de los casos"),
    "t.what": ("What", "Qué"),
    "t.kind": ("Kind", "Tipo"),
    "t.used": ("Used", "En uso"),
    "t.month-usd": ("USD a month", "USD al mes"),
    "t.objective": ("Objective", "Objetivo"),
    "t.state": ("State", "Estado"),
    "t.failing": ("Failing windows", "Ventanas fallidas"),
    "t.worst": ("Worst route", "Peor ruta"),
    "t.count": ("Count", "Cantidad"),
    "t.minutes": ("Minutes", "Minutos"),
    "t.day": ("Day", "Día"),
    "t.from": ("From", "Desde"),
    "t.field": ("Field", "Campo"),
    "t.before": ("Today", "Hoy"),
    "t.after": ("Proposed", "Propuesto"),
    "t.total": ("Total", "Total"),
    # rows of services
    "row.idle": ("idle (nobody asked for it)", "sin uso (nadie lo pidió)"),
    "row.shared": ("shared (works for everybody)", "compartido (sirve a todos)"),
    "row.unallocated": ("unallocated", "sin asignar"),
    "new": ("new", "nuevo"),
    # categories of a bill
    "category.compute": ("Machines and control plane", "Máquinas y plano de control"),
    "category.storage": ("Volumes", "Volúmenes"),
    "category.network": ("Load balancers and traffic out", "Balanceadores y tráfico saliente"),
    "category.backup": ("Backups", "Copias de seguridad"),
    "category.logs": ("Logs", "Registros"),
    # what is paid for
    "kind.instance": ("machines", "máquinas"),
    "kind.volume": ("volume", "volumen"),
    "kind.volume_iops": ("operations of volume", "operaciones de volumen"),
    "kind.volume_throughput": ("throughput of volume", "rendimiento de volumen"),
    "kind.load_balancer": ("load balancer", "balanceador"),
    "kind.load_balancer_data": ("data through load balancer", "datos por balanceador"),
    "kind.load_balancer_capacity": ("capacity of load balancer", "capacidad de balanceador"),
    "kind.control_plane": ("control plane", "plano de control"),
    "kind.egress": ("traffic out", "tráfico saliente"),
    "kind.snapshot": ("snapshots", "instantáneas"),
    "kind.object_storage": ("copies", "copias"),
    "kind.logs": ("logs", "registros"),
    # idle
    "idle.text": (
        "{usd} of the bill ({percent}) is paid for machines' CPU and memory that nobody asked for.",
        "{usd} de la factura ({percent}) se paga por CPU y memoria de máquinas que nadie pidió.",
    ),
    "idle.before": ("In {quarter} it was {percent}.", "En {quarter} fue {percent}."),
    "idle.none": ("Nothing is there without use.", "No hay nada sin uso."),
    "waste.container": ("container: reserved, not used", "contenedor: reservado, no usado"),
    "waste.machines": ("machines: not asked for", "máquinas: no pedidas"),
    "waste.volume": ("volume: empty room", "volumen: espacio vacío"),
    "waste.load balancer": ("load balancer: no traffic", "balanceador: sin tráfico"),
    # quality
    "quality.text": (
        "On the simulated days there were {requests} requests; {percent} of them failed.",
        "En los días simulados hubo {requests} solicitudes; falló el {percent}.",
    ),
    "quality.nothing": (
        "On the simulated days no request ended.",
        "En los días simulados no terminó ninguna solicitud.",
    ),
    "objective.p95": (
        "p95 below {threshold} ms in {share} of the windows of five minutes",
        "p95 bajo {threshold} ms en {share} de las ventanas de cinco minutos",
    ),
    "objective.errors": (
        "errors below {threshold} % in {share} of the windows",
        "errores bajo {threshold} % en {share} de las ventanas",
    ),
    "state.holds": ("kept", "cumplido"),
    "state.missed": ("missed", "no cumplido"),
    "state.nothing to judge": ("nothing to judge", "nada que juzgar"),
    "failing.text": (
        "{failing} of {judged} of all routes",
        "{failing} de {judged} de todas las rutas",
    ),
    "failing.worst": ("{route}: {percent}", "{route}: {percent}"),
    "incidents.none": ("No incident was seen.", "No se vio ningún incidente."),
    "incidents.longest": ("The longest of them:", "Los más largos:"),
    "incident.latency": ("p95 above the objective", "p95 sobre el objetivo"),
    "incident.errors": ("errors above the objective", "errores sobre el objetivo"),
    "incident.oom-kill": ("killed at the memory limit (OOM)", "eliminado por límite de memoria (OOM)"),
    "incident.restart": ("container restarted", "contenedor reiniciado"),
    "incident.node-not-ready": ("machine not ready", "máquina no disponible"),
    "incident.hpa-at-maximum": ("autoscaler at its maximum", "autoescalador en su máximo"),
    "incident.unschedulable": ("pods without a machine", "pods sin máquina"),
    "incident.eviction": ("pods evicted", "pods desalojados"),
    "incident.no-ready-pod": ("no pod ready", "ningún pod disponible"),
    # recommendation
    "advice.saves": (
        "The configuration below costs {usd} a month instead of {today}: {saving} ({percent}) less. It was replayed "
        "against the traffic before it was written down.",
        "La configuración siguiente cuesta {usd} al mes en lugar de {today}: {saving} ({percent}) menos. Se reprodujo "
        "contra el tráfico antes de anotarla.",
    ),
    "advice.costs": (
        "The configuration below costs {usd} a month instead of {today}: {saving} ({percent}) more. It was replayed "
        "against the traffic before it was written down.",
        "La configuración siguiente cuesta {usd} al mes en lugar de {today}: {saving} ({percent}) más. Se reprodujo "
        "contra el tráfico antes de anotarla.",
    ),
    "advice.no-money": (
        "The document tells no money.",
        "El documento no informa dinero.",
    ),
    "advice.verdict": ("Verdict: {verdict}.", "Veredicto: {verdict}."),
    "advice.unchanged": ("Nothing is to be changed.", "No hay nada que cambiar."),
    "advice.none": (
        "No recommendation was given to this review (fvcap recommend makes one).",
        "No se entregó ninguna recomendación a esta revisión (fvcap recommend la elabora).",
    ),
    # forecast
    "forecast.money": (
        "{quarter} is expected to cost {usd}, in 80 % of the draws between {low} and {high}, for {requests} requests.",
        "Se prevé que {quarter} cueste {usd}, en el 80 % de los casos entre {low} y {high}, por {requests} "
        "solicitudes.",
    ),
    "forecast.requests": (
        "{requests} requests are expected in {quarter}, in 80 % of the draws between {low} and {high}.",
        "Se prevén {requests} solicitudes en {quarter}, en el 80 % de los casos entre {low} y {high}.",
    ),
    "forecast.history": (
        "Learnt from {days} whole days, {first} to {last}.",
        "Aprendido de {days} días completos, {first} a {last}.",
    ),
    "forecast.assumed": (
        "There is no history: the week is assumed, and days scatter as those of another site.",
        "No hay historia: la semana es un supuesto, y los días varían como los de otro sitio.",
    ),
    "forecast.growth": ("Growth of {percent} a year ({basis}).", "Crecimiento de {percent} al año ({basis})."),
    "growth.estimated": ("estimated", "estimado"),
    "growth.given": ("given", "dado"),
    "forecast.coverage": (
        "Held against the past: {day80} of {days} days lay in their 80 % interval and {day95} in their 95 % interval; "
        "of the sums of {horizon} days {total80} and {total95}.",
        "Comparado con el pasado: {day80} de {days} días quedó en su intervalo de 80 % y {day95} en el de 95 %; de las "
        "sumas de {horizon} días, {total80} y {total95}.",
    ),
    "forecast.none": (
        "No forecast was given to this review (fvcap forecast makes one).",
        "No se entregó ninguna previsión a esta revisión (fvcap forecast la elabora).",
    ),
    "forecast.chart": ("Requests a day", "Solicitudes por día"),
    "forecast.replayed": (
        "Machine-hours come from closed forms, corrected by replayed days: {days}.",
        "Las horas de máquina provienen de fórmulas, corregidas con días reproducidos: {days}.",
    ),
    "replay.ratio": ("{day}, ratio {ratio}", "{day}, razón {ratio}"),
    "forecast.unpriced": (
        "{count} items have no price and are left out.",
        "{count} ítems no tienen precio y quedan fuera.",
    ),
    "budget.given": (
        "The budget of {usd} is exceeded in {percent} of the draws.",
        "El presupuesto de {usd} se supera en el {percent} de los casos.",
    ),
    "budget.risk": ("exceeded in {percent} of the draws", "se supera en el {percent} de los casos"),
    "budget.amount": ("USD", "USD"),
    "budget.chance": ("Risk", "Riesgo"),
    "what-if.patch.less": (
        "With {name}: {usd}, {saving} less ({low} to {high} in 80 % of the draws).",
        "Con {name}: {usd}, {saving} menos ({low} a {high} en el 80 % de los casos).",
    ),
    "what-if.patch.more": (
        "With {name}: {usd}, {saving} more ({low} to {high} in 80 % of the draws).",
        "Con {name}: {usd}, {saving} más ({low} a {high} en el 80 % de los casos).",
    ),
    "what-if.spot.less": (
        "With {name}: {usd}, {saving} less ({low} to {high} in 80 % of the draws); interruptions are not in it.",
        "Con {name}: {usd}, {saving} menos ({low} a {high} en el 80 % de los casos); sin contar interrupciones.",
    ),
    "what-if.spot.more": (
        "With {name}: {usd}, {saving} more ({low} to {high} in 80 % of the draws).",
        "Con {name}: {usd}, {saving} más ({low} a {high} en el 80 % de los casos).",
    ),
    "what-if.spot.unpriced": (
        "With {name}: not known, the price list has no spot price.",
        "Con {name}: no se sabe, la lista de precios no tiene precio spot.",
    ),
    "what-if.reservation.less": (
        "Reserving {machines} machines of {pool} for {term}: {saving} less ({low} to {high}); one pays when it is "
        "needed in {break_even} of the hours.",
        "Reservando {machines} máquinas de {pool} por {term}: {saving} menos ({low} a {high}); una conviene si se "
        "necesita en {break_even} de las horas.",
    ),
    "what-if.reservation.more": (
        "Reserving machines of {pool} for {term} does not pay: one would have to be needed in {break_even} of the "
        "hours.",
        "Reservar máquinas de {pool} por {term} no conviene: una tendría que necesitarse en {break_even} de las horas.",
    ),
    "what-if.reservation.unpriced": (
        "Reserving machines of {pool} for {term}: not known, the price list has no reserved price; {machines} are "
        "needed in every hour, so that any price below the one on demand pays for them.",
        "Reservar máquinas de {pool} por {term}: no se sabe, la lista no tiene precio de reserva; {machines} se "
        "necesitan en todas las horas, de modo que para ellas conviene cualquier precio menor que el de demanda.",
    ),
    "term.1y": ("1 year", "1 año"),
    "term.3y": ("3 years", "3 años"),
    # notes
    "note.filled": (
        "{simulated} of the {days} days were simulated. The others are as the simulated ones of their day of the week, "
        "or as ordinary days where there is none.",
        "Se simularon {simulated} de los {days} días. Los demás son como los simulados de su día de la semana, o como "
        "días corrientes si no hay.",
    ),
    "note.filled-before": (
        "Of {quarter}, {simulated} of {days} days were simulated; the others are like them.",
        "De {quarter} se simularon {simulated} de {days} días; los demás son como ellos.",
    ),
    "note.filled-with-special": (
        "Only days with events were simulated: the days that stand for them make the quarter look dearer than it is. "
        "Simulate an ordinary week as well.",
        "Solo se simularon días con eventos: al representar a los demás, el trimestre parece más caro de lo que es. "
        "Simule también una semana corriente.",
    ),
    "note.special-not-simulated": (
        "Special days that nobody simulated count as ordinary ones: {names}.",
        "Los días especiales que nadie simuló cuentan como corrientes: {names}.",
    ),
    "note.stand-in": (
        "{days} simulated days lie outside the quarter and only stand for others.",
        "{days} días simulados están fuera del trimestre y solo representan a otros.",
    ),
    "note.unpriced": ("Without a price, and in no sum: {names}.", "Sin precio, y en ninguna suma: {names}."),
    "note.old-price": (
        "Prices without a day, or more than a year old: {names}.",
        "Precios sin fecha, o con más de un año: {names}.",
    ),
    "note.incomplete": ("A run was interrupted.", "Una simulación fue interrumpida."),
    "note.month": ("A month of rates by the month has 730 hours.", "Un mes de tarifas mensuales tiene 730 horas."),
    "note.incidents": (
        "Incidents and objectives are those of the simulated days, of the first replication of each run.",
        "Los incidentes y objetivos son los de los días simulados, de la primera réplica de cada simulación.",
    ),
    # charts
    "chart.simulated": ("simulated", "simulado"),
    "chart.like": ("like other days", "como otros días"),
    "chart.median": ("median", "mediana"),
    "chart.interval": ("{percent} of the draws", "{percent} de los casos"),
    "chart.past": ("known", "conocido"),
    "chart.budget": ("budget", "presupuesto"),
    "chart.expected": ("expected", "previsto"),
}


def review_tongue(language: Language) -> Tongue:
    """Return a language with the sentences of a review."""
    return Tongue(language, WORDS)
