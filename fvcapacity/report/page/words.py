"""Every word and sentence of the report's page, in English and in Spanish.

Names in braces are filled in by the page; both languages have the same names in every sentence (a test holds them to
it).
"""

from __future__ import annotations

from fvcapacity.report.tongue import Language, Tongue

WORDS: dict[str, tuple[str, str]] = {
    # head
    "title": ("{name}: what happens", "{name}: qué ocurre"),
    "subtitle": ("{first} to {last} · {zone}", "{first} a {last} · {zone}"),
    "runs": (
        "{requests} requests, replayed {n} times with different customers; figures are means of these replays.",
        "{requests} solicitudes, reproducidas {n} veces con clientes distintos; las cifras son promedios de esas "
        "reproducciones.",
    ),
    "runs.one": ("{requests} requests, replayed once.", "{requests} solicitudes, reproducidas una vez."),
    "incomplete": (
        "This run was interrupted: the figures are of what was finished.",
        "Esta simulación fue interrumpida: las cifras son de lo que alcanzó a terminar.",
    ),
    "skip": ("Skip to the verdict", "Ir al veredicto"),
    "nav": ("Sections", "Secciones"),
    "theme": ("Dark", "Oscuro"),
    "theme.light": ("Light", "Claro"),
    "theme.label": ("Dark colours", "Colores oscuros"),
    "made-by": (
        "Made by fvcapacity {version} (Kubernetes {kubernetes}, seed {seed}). A simulation: its figures are as good as "
        "the numbers it was given.",
        "Elaborado con fvcapacity {version} (Kubernetes {kubernetes}, semilla {seed}). Es una simulación: sus cifras "
        "valen lo que valen los datos que recibió.",
    ),
    # headings
    "h.verdict": ("Verdict", "Veredicto"),
    "h.timeline": ("What happened when", "Qué pasó y cuándo"),
    "h.path": ("The request path", "El camino de una solicitud"),
    "h.time": ("Where the time goes", "En qué se va el tiempo"),
    "h.against": ("Side by side", "Lado a lado"),
    "h.money": ("What it costs", "Cuánto cuesta"),
    # verdict
    "status.holds": ("Objectives kept", "Objetivos cumplidos"),
    "status.missed": ("Objectives missed", "Objetivos no cumplidos"),
    "status.nothing to judge": ("Nothing to judge", "Nada que juzgar"),
    "v.holds": (
        "The system keeps its objectives: it answers in time.",
        "El sistema cumple sus objetivos: responde a tiempo.",
    ),
    "v.missed": (
        "The system does not keep its objectives on {routes}.",
        "El sistema no cumple sus objetivos en {routes}.",
    ),
    "v.missed.all": (
        "The system does not keep its objectives.",
        "El sistema no cumple sus objetivos.",
    ),
    "v.nothing": (
        "Too few requests came to judge the objectives.",
        "Llegaron muy pocas solicitudes para juzgar los objetivos.",
    ),
    "v.p95.missed": (
        "95 of 100 requests should be answered within {threshold}. On {route} that failed in {failing} of {judged} "
        "windows of five minutes; the worst was {worst} ({worst_route}, {when}).",
        "95 de cada 100 solicitudes deben responderse en menos de {threshold}. En {route} eso falló en {failing} de "
        "{judged} ventanas de cinco minutos; la peor fue de {worst} ({worst_route}, {when}).",
    ),
    "v.p95.holds": (
        "95 of 100 requests are answered within {worst} in the worst five minutes ({worst_route}, {when}); up to "
        "{threshold} are allowed.",
        "95 de cada 100 solicitudes se responden en menos de {worst} en los peores cinco minutos ({worst_route}, "
        "{when}); se permiten hasta {threshold}.",
    ),
    "v.errors.missed": (
        "At most {threshold} may fail. On {route} more did in {failing} of {judged} windows; the worst was {worst} "
        "({worst_route}, {when}).",
        "Puede fallar a lo más el {threshold}. En {route} falló más en {failing} de {judged} ventanas; la peor fue de "
        "{worst} ({worst_route}, {when}).",
    ),
    "v.errors.holds": (
        "In the worst five minutes {worst} of the requests fail ({worst_route}, {when}); {threshold} is allowed.",
        "En los peores cinco minutos falla el {worst} de las solicitudes ({worst_route}, {when}); se permite el "
        "{threshold}.",
    ),
    "v.whole": (
        "Over all routes together it is {worst} at worst: an average hides who waits.",
        "En el conjunto de las rutas es de {worst} en el peor caso: un promedio esconde a quien espera.",
    ),
    "v.cost": (
        "The run costs {usd}. A month of 730 hours at this rate would cost {month}.",
        "La simulación cuesta {usd}. Un mes de 730 horas a este ritmo costaría {month}.",
    ),
    "v.unpriced": (
        "{n} items have no price and are in no sum.",
        "{n} ítems no tienen precio y no están en ninguna suma.",
    ),
    # causes
    "cause": ("What holds it back", "Qué lo frena"),
    "cause.throttling": (
        "{subject} uses up its CPU limit of {limit} and has to stand still: {share} of the time that users lose. At "
        "its "
        "worst ({when}) it did so in {percent} of its CPU periods.",
        "{subject} agota su límite de CPU de {limit} y debe detenerse: es el {share} del tiempo que pierden los "
        "usuarios. En su peor momento ({when}) le ocurrió en el {percent} de sus períodos de CPU.",
    ),
    "cause.queueing": (
        "Requests queue for a free thread of {subject}: {share} of the time that users lose.",
        "Las solicitudes hacen cola por un hilo libre de {subject}: es el {share} del tiempo que pierden los usuarios.",
    ),
    "cause.contention": (
        "The machines of {subject} are short of CPU: {share} of the time that users lose.",
        "A las máquinas de {subject} les falta CPU: es el {share} del tiempo que pierden los usuarios.",
    ),
    "cause.refusals": (
        "{subject} turned requests away because no pod was ready or its queues were full: {share} of the time that "
        "users lose.",
        "{subject} rechazó solicitudes porque ningún pod estaba listo o sus colas estaban llenas: es el {share} del "
        "tiempo que pierden los usuarios.",
    ),
    "cause.oom_kills": (
        "{subject} was killed at its memory limit: {share} of the time that users lose.",
        "{subject} fue eliminado al llegar a su límite de memoria: es el {share} del tiempo que pierden los usuarios.",
    ),
    "cause.restarts": (
        "Containers of {subject} were restarted: {share} of the time that users lose.",
        "Se reiniciaron contenedores de {subject}: es el {share} del tiempo que pierden los usuarios.",
    ),
    "cause.none": (
        "Nothing holds the system back: no request waits for a thread, a quota or a pod.",
        "Nada frena al sistema: ninguna solicitud espera por un hilo, una cuota o un pod.",
    ),
    "cause.small": (
        "Most of the little that is lost is lost at {subject}.",
        "De lo poco que se pierde, la mayor parte se pierde en {subject}.",
    ),
    # key figures
    "key.p95": ("Slowest five minutes (p95)", "Los cinco minutos más lentos (p95)"),
    "key.p95.remark": ("{route} · allowed {threshold}", "{route} · permitido {threshold}"),
    "key.errors": ("Failed requests", "Solicitudes fallidas"),
    "key.errors.remark": ("{failed} of {requests}", "{failed} de {requests}"),
    "key.windows": ("Windows too slow", "Ventanas demasiado lentas"),
    "key.windows.value": ("{failing} of {judged}", "{failing} de {judged}"),
    "key.windows.remark": ("{route} · {allowed} allowed", "{route} · se permite {allowed}"),
    "key.windows.none": ("none", "ninguna"),
    "key.first": ("Broke first", "Lo primero en fallar"),
    "key.first.none": ("nothing", "nada"),
    "key.cost": ("Cost of the run", "Costo de la simulación"),
    "key.cost.remark": ("{month} a month at this rate", "{month} al mes a este ritmo"),
    "key.cost.none": ("no prices given", "sin precios"),
    "key.peak": ("Busiest five minutes", "Los cinco minutos de más tráfico"),
    "key.peak.value": ("{rps} requests/s", "{rps} solicitudes/s"),
    "key.peak.remark": ("{when} · {low}–{high} machines", "{when} · {low}–{high} máquinas"),
    "key.peak.remark.same": ("{when} · {n} machines", "{when} · {n} máquinas"),
    # incidents
    "incident.latency": ("{subject} too slow", "{subject} demasiado lenta"),
    "incident.errors": ("{subject}: too many errors", "{subject}: demasiados errores"),
    "incident.oom-kill": ("{subject} killed at its memory limit", "{subject} eliminado por memoria"),
    "incident.restart": ("{subject} restarted", "{subject} reiniciado"),
    "incident.node-not-ready": ("{subject} lost a machine", "{subject} perdió una máquina"),
    "incident.hpa-at-maximum": ("{subject} at its maximum", "{subject} en su máximo"),
    "incident.unschedulable": ("{subject}: no machine for a pod", "{subject}: sin máquina para un pod"),
    "incident.eviction": ("{subject} evicted", "{subject} desalojado"),
    "incident.no-ready-pod": ("{subject} without a ready pod", "{subject} sin pods disponibles"),
    # timeline
    "timeline.help": (
        "All charts share one time axis. Drag across a chart to zoom in; move over it to read the values of that "
        "moment "
        "in all of them. With the keyboard: arrow keys move, + and − zoom, 0 shows everything.",
        "Todos los gráficos comparten un eje de tiempo. Arrastre sobre un gráfico para acercarse; pase por encima para "
        "leer los valores de ese momento en todos. Con el teclado: las flechas mueven, + y − acercan y alejan, 0 "
        "muestra "
        "todo.",
    ),
    "timeline.touch": (
        "All charts share one time axis. Tap one to read the values of that moment in all of them; zoom with the "
        "buttons.",
        "Todos los gráficos comparten un eje de tiempo. Toque uno para leer los valores de ese momento en todos; "
        "acérquese "
        "con los botones.",
    ),
    "timeline.first": (
        "Lines and events are those of the first of {n} replays; the shaded band is the range of all of them.",
        "Las líneas y los eventos son de la primera de {n} reproducciones; la banda sombreada es el rango de todas.",
    ),
    "timeline.step": ("Each value stands for {step}.", "Cada valor representa {step}."),
    "timeline.seasons": ("Shaded behind the traffic: {names}.", "Sombreado tras el tráfico: {names}."),
    "timeline.label": (
        "Timeline: arrow keys move, plus and minus zoom",
        "Línea de tiempo: flechas mueven, más y menos acercan",
    ),
    "zoom.all": ("Whole run", "Todo"),
    "zoom.worst": ("Worst hours", "Peores horas"),
    "zoom.peak": ("Busiest hours", "Horas de más tráfico"),
    "zoom.in": ("Zoom in", "Acercar"),
    "zoom.out": ("Zoom out", "Alejar"),
    "zoom.left": ("Earlier", "Antes"),
    "zoom.right": ("Later", "Después"),
    "zoom.label": ("Stretch of time", "Tramo de tiempo"),
    "panel.traffic": ("Requests per second", "Solicitudes por segundo"),
    "panel.p95": ("Response time, p95 in ms", "Tiempo de respuesta, p95 en ms"),
    "panel.errors": ("Failed requests in %", "Solicitudes fallidas en %"),
    "panel.throttled": (
        "Standing still at the CPU limit, % of CPU periods",
        "Detenido por el límite de CPU, % de los períodos",
    ),
    "panel.replicas": ("Ready pods", "Pods disponibles"),
    "panel.nodes": ("Machines", "Máquinas"),
    "panel.events": ("Events", "Eventos"),
    "objective": ("objective {value}", "objetivo {value}"),
    "route.all": ("all routes", "todas las rutas"),
    "lane.up": ("Scaled up", "Más pods"),
    "lane.down": ("Scaled down", "Menos pods"),
    "lane.kill": ("Killed at the memory limit", "Eliminado por memoria"),
    "lane.restart": ("Restarted or evicted", "Reiniciado o desalojado"),
    "lane.pending": ("No machine for a pod", "Sin máquina para un pod"),
    "lane.node-up": ("Machine added", "Máquina agregada"),
    "lane.node-down": ("Machine removed", "Máquina retirada"),
    "lane.rollout": ("Roll-out", "Despliegue"),
    "lane.fault": ("Fault", "Falla"),
    "lane.backup": ("Backup", "Copia de seguridad"),
    "tip.when": ("When", "Cuándo"),
    "tip.who": ("What", "Qué"),
    "tip.what": ("Message", "Mensaje"),
    "table.timeline": ("The charts as a table", "Los gráficos como tabla"),
    "table.events": ("The events as a table", "Los eventos como tabla"),
    "table.path": ("The diagram as a table", "El diagrama como tabla"),
    "scroll": ("Table, can be scrolled", "Tabla, se puede desplazar"),
    # path
    "path.help": (
        "From left to right: who calls whom. An arrow is as wide as there are calls. The bar is the CPU that a service "
        "uses of what it may use: dark on average, light in its busiest five minutes.",
        "De izquierda a derecha: quién llama a quién. El grosor de la flecha indica cuántas llamadas hay. La barra "
        "es la "
        "CPU que un servicio usa de la que puede usar: oscura en promedio, clara en sus cinco minutos de más carga.",
    ),
    "path.label": (
        "Request path: {services}. The same figures are in the table below.",
        "Camino de una solicitud: {services}. Las mismas cifras están en la tabla siguiente.",
    ),
    "path.unknown": (
        "This result was made by an older release and does not say who calls whom: run the scenario again.",
        "Este resultado es de una versión anterior y no dice quién llama a quién: vuelva a simular el escenario.",
    ),
    "box.pods": ("{low}–{high} pods", "{low}–{high} pods"),
    "box.pods.one": ("{n} pod", "{n} pod"),
    "box.pods.same": ("{n} pods", "{n} pods"),
    "box.cpu.limit": ("CPU up to {percent} of its limit", "CPU hasta {percent} del límite"),
    "box.cpu.request": ("CPU up to {percent} of its request", "CPU hasta {percent} de lo pedido"),
    "box.cpu.none": ("no CPU request", "sin CPU pedida"),
    "box.cause": ("holds it back", "lo frena"),
    "trouble.throttled": ("throttled {percent}", "frenado {percent}"),
    "trouble.killed": ("killed (memory)", "eliminado (memoria)"),
    "trouble.restarted": ("restarted", "reiniciado"),
    "trouble.refused": ("refused calls", "rechazó llamadas"),
    "trouble.cpu": ("CPU nearly spent", "CPU casi agotada"),
    "arrow": ("{caller} → {service}: {rate} calls/s", "{caller} → {service}: {rate} llamadas/s"),
    # where time goes
    "time.routes": ("Per request, by route", "Por solicitud, según la ruta"),
    "time.services": ("Per visit, by service", "Por visita, según el servicio"),
    "time.routes.help": (
        "The mean is measured; its parts are estimated from what each service measured and from the CPU that the "
        "route's "
        "requests take there. Outside is the rest: APIs, connection pools, disks, the network.",
        "El promedio está medido; sus partes se estiman con lo que midió cada servicio y con la CPU que allí toman las "
        "solicitudes de la ruta. Afuera es el resto: API externas, conexiones, discos, red.",
    ),
    "time.services.help": (
        "Measured, but for whom a service waits: that is estimated from its calls.",
        "Medido, salvo a quién espera un servicio: eso se estima a partir de sus llamadas.",
    ),
    "part.queue": ("queue", "en cola"),
    "part.running": ("CPU", "CPU"),
    "part.throttled": ("at the CPU limit", "en el límite de CPU"),
    "part.outside": ("outside", "afuera"),
    "part.waiting": ("waiting for others", "esperando a otros"),
    "waits": ("{service} {ms}", "{service} {ms}"),
    "time.more": ("More routes", "Más rutas"),
    # against
    "against.sentence.better": (
        "{other} costs {percent} less ({saving} a month at this rate) than {name}.",
        "{other} cuesta {percent} menos ({saving} al mes a este ritmo) que {name}.",
    ),
    "against.sentence.worse": (
        "{other} costs {percent} more ({saving} a month at this rate) than {name}.",
        "{other} cuesta {percent} más ({saving} al mes a este ritmo) que {name}.",
    ),
    "against.sentence.same": ("Both cost the same.", "Ambas cuestan lo mismo."),
    "against.status.holds.missed": (
        "{name} keeps its objectives, {other} does not.",
        "{name} cumple sus objetivos, {other} no.",
    ),
    "against.status.missed.holds": (
        "{other} keeps the objectives that {name} misses.",
        "{other} cumple los objetivos que {name} no cumple.",
    ),
    "against.status.holds.holds": ("Both keep their objectives.", "Ambas cumplen sus objetivos."),
    "against.status.missed.missed": ("Neither keeps its objectives.", "Ninguna cumple sus objetivos."),
    "against.status.other": ("One of both has nothing to judge.", "Una de las dos no tiene nada que juzgar."),
    "against.different": (
        "The two did not run through the same window under the same traffic and seed: differences are not only "
        "those of "
        "the configuration.",
        "Las dos no recorrieron la misma ventana con el mismo tráfico y semilla: las diferencias no se deben solo a la "
        "configuración.",
    ),
    "against.unclear": (
        "≈: no more than what replays scatter.",
        "≈: no más que la dispersión entre reproducciones.",
    ),
    "against.dashed": ("Dashed in the timeline: {other}.", "Con línea cortada en la línea de tiempo: {other}."),
    "against.settings": ("What was changed", "Qué se cambió"),
    "against.settings.none": (
        "Requests, limits and bounds of autoscalers are the same in both.",
        "Lo pedido, los límites y los rangos de los autoescaladores son iguales en ambas.",
    ),
    "against.routes": ("p95 by route", "p95 por ruta"),
    "m.worst-p95": ("p95 in the worst five minutes", "p95 en los peores cinco minutos"),
    "m.failing-p95": ("Windows too slow, on the worst route", "Ventanas demasiado lentas, en la peor ruta"),
    "m.p95": ("p95, all routes", "p95, todas las rutas"),
    "m.p99": ("p99, all routes", "p99, todas las rutas"),
    "m.errors": ("Failed requests", "Solicitudes fallidas"),
    "m.throttled": ("Most throttled service", "Servicio más frenado"),
    "m.restarts": ("Restarts", "Reinicios"),
    "m.pods": ("Most ready pods", "Máximo de pods disponibles"),
    "m.nodes": ("Most machines", "Máximo de máquinas"),
    "m.node-hours": ("Machine-hours", "Horas de máquina"),
    "m.cost": ("Cost of the run", "Costo de la simulación"),
    "m.month": ("A month at this rate", "Un mes a este ritmo"),
    "m.thousand": ("Per thousand requests", "Por mil solicitudes"),
    # money
    "money.none": ("The scenario names no prices.", "El escenario no indica precios."),
    "money.rate": (
        "{usd} for the run: {thousand} per thousand requests, and {month} for a month of 730 hours at this rate.",
        "{usd} por la simulación: {thousand} por mil solicitudes, y {month} por un mes de 730 horas a este ritmo.",
    ),
    "category.compute": ("Machines and control plane", "Máquinas y plano de control"),
    "category.storage": ("Volumes", "Volúmenes"),
    "category.network": ("Load balancers and traffic out", "Balanceadores y tráfico saliente"),
    "category.backup": ("Backups", "Copias de seguridad"),
    "category.logs": ("Logs", "Registros"),
    "money.no-price": ("no price", "sin precio"),
    "money.names": ("Without a price: {names}.", "Sin precio: {names}."),
    # table heads
    "t.measure": ("Measure", "Medida"),
    "t.change": ("Change", "Variación"),
    "t.time": ("Time", "Hora"),
    "t.service": ("Service", "Servicio"),
    "t.route": ("Route", "Ruta"),
    "t.pods": ("Pods", "Pods"),
    "t.p95": ("p95", "p95"),
    "t.cpu-mean": ("CPU, mean", "CPU, promedio"),
    "t.cpu-peak": ("CPU, busiest", "CPU, máximo"),
    "t.of": ("Of its", "De su"),
    "of.limit": ("limit", "límite"),
    "of.request": ("request", "solicitud"),
    "t.throttled": ("Throttled, worst", "Frenado, peor caso"),
    "t.calls": ("Calls", "Llama a"),
    "t.what": ("What", "Qué"),
    "t.count": ("Count", "Veces"),
    "t.first": ("First", "Primera vez"),
    "t.last": ("Last", "Última vez"),
    "t.mean": ("Mean", "Promedio"),
    "t.parts": ("Parts", "Partes"),
    "t.waits": ("Where most", "Sobre todo en"),
    "t.waits-for": ("Waits for", "Espera a"),
    "t.field": ("Field", "Campo"),
    "t.category": ("Category", "Categoría"),
    "t.usd": ("USD", "USD"),
    "t.share": ("Share", "Proporción"),
    "t.total": ("Total", "Total"),
    "step.minutes": ("{n} min", "{n} min"),
    "step.hours": ("{n} h", "{n} h"),
}


def page_tongue(language: Language) -> Tongue:
    """Return a language with the sentences of the page."""
    return Tongue(language, WORDS, "report")
