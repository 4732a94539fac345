"""What verdicts say, in English and in Spanish, in the order in which phrases are looked for: longer ones first."""

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

PHRASES: dict[str, tuple[str, str]] = {
    # the verdict on an objective
    "missed": (
        "{m} was {n} {u} or more {w} in {nf} of {nj} windows ({np} %; {na} % allowed)",
        "{m} llegó a {n} {u} o más {w} en {nf} de {nj} ventanas ({np} %; se admite {na} %)",
    ),
    "missed.singles": (", and on {n} single routes;", ", y en {n} rutas por separado;"),
    "missed.more": (", and on {n} more routes;", ", y en {n} rutas más;"),
    "missed.on": ("), and on {l}; the worst was", "), y en {l}; the worst was"),
    "held": (
        "{m} stayed below {n} {u} in every judged window",
        "{m} se mantuvo bajo {n} {u} en todas las ventanas juzgadas",
    ),
    "held.but": (
        "{m} stayed below {n} {u} in all but {nf} judged windows ({na} % of a route's may fail)",
        "{m} se mantuvo bajo {n} {u} en todas las ventanas juzgadas salvo {nf} (puede fallar un {na} % de las "
        "de una ruta)",
    ),
    "zero": ("{m} was zero in every judged window", "{m} fue cero en todas las ventanas juzgadas"),
    "nothing": (
        "no window of five minutes had a user request to judge {m} on",
        "ninguna ventana de cinco minutos tuvo una solicitud de usuario con que juzgar {m}",
    ),
    "nothing.capital": (
        "No window of five minutes had a user request to judge {m} on",
        "Ninguna ventana de cinco minutos tuvo una solicitud de usuario con que juzgar {m}",
    ),
    "worst.all": ("the worst was {n} {u} (all requests, {t})", "lo peor fue {n} {u} (todas las solicitudes, {t})"),
    "worst": ("the worst was {n} {u} ({x}, {t})", "lo peor fue {n} {u} ({x}, {t})"),
    "worst.unknown": ("the worst was unknown ({x})", "lo peor no se conoce ({x})"),
    "held-in": ("it held in {n} of {nr} replications", "se cumplió en {n} de {nr} repeticiones"),
    # the bottleneck
    "back.loses": (
        "Nothing holds the system back: a request loses {n} {u} on average, most of it at {x}.",
        "Nada frena al sistema: una solicitud pierde {n} {u} en promedio, la mayor parte en {x}.",
    ),
    "back.nothing": (
        "Nothing holds the system back: no request waits for a thread, a quota or a pod.",
        "Nada frena al sistema: ninguna solicitud espera un hilo, una cuota o un pod.",
    ),
    "back.own": (
        "No queue, throttling, kill or refusal explains the time: requests spend it in their own work and waits "
        "(the most CPU goes to {x}, {n} {u} a visit).",
        "Ni colas, ni throttling, ni reinicios, ni rechazos explican el tiempo: las solicitudes lo pasan en su propio "
        "trabajo y sus esperas (la mayor parte de la CPU va a {x}, {n} {u} por visita).",
    ),
    "back.none": ("Nothing was simulated after the warm-up.", "No se simuló nada después del calentamiento."),
    "throttled.worst": (
        "is throttled in {n} % of its periods {x}, {nw} % at {c}: its limit of {xl} is spent",
        "sufre throttling en el {n} % de sus períodos {x}, {nw} % {c}: agotó su límite de {xl}",
    ),
    "throttled": (
        "is throttled in {n} % of its periods {x}: its limit of {xl} is spent",
        "sufre throttling en el {n} % de sus períodos {x}: agotó su límite de {xl}",
    ),
    "queue": (
        "calls of {x} wait {n} {u} on average {xs} for a free thread: all threads of its pods are busy",
        "las llamadas a {x} esperan {n} {u} en promedio {xs} un hilo libre: todos los hilos de sus pods están ocupados",
    ),
    "contention": (
        "CPU bursts of {x} take {n} times their CPU time {xs}: its nodes are short of CPU",
        "las ráfagas de CPU de {x} tardan {n} veces su tiempo de CPU {xs}: a sus nodos les falta CPU",
    ),
    "refused.nobody": (
        "refused {n} calls {xs}: no pod was ready to listen",
        "rechazó {n} llamadas {xs}: ningún pod estaba listo para atender",
    ),
    "refused.full": (
        "refused {n} calls {xs}: its listen queues were full",
        "rechazó {n} llamadas {xs}: sus colas de entrada estaban llenas",
    ),
    "refused.lost.nodes": (
        "did not take {n} calls {xs}: node {x} and node {xb} was lost",
        "no atendió {n} llamadas {xs}: se perdieron los nodos {x} y {xb}",
    ),
    "refused.lost.node": (
        "did not take {n} calls {xs}: node {x} was lost",
        "no atendió {n} llamadas {xs}: se perdió el nodo {x}",
    ),
    "refused.lost": ("did not take {n} calls {xs}: {x} was lost", "no atendió {n} llamadas {xs}: se perdió {x}"),
    "oom.once": ("was OOM-killed once", "fue terminado una vez por falta de memoria (OOM)"),
    "oom.often": ("was OOM-killed {n} times", "fue terminado {n} veces por falta de memoria (OOM)"),
    "oom.limit.unknown": (
        ": its memory limit of unknown size is spent",
        ": agotó su límite de memoria, de tamaño desconocido",
    ),
    "oom.limit": (": its memory limit of {x} is spent", ": agotó su límite de memoria de {x}"),
    "restarts.once": ("containers of {x} were restarted once", "los contenedores de {x} se reiniciaron una vez"),
    "restarts.often": (
        "containers of {x} were restarted {n} times",
        "los contenedores de {x} se reiniciaron {n} veces",
    ),
    "probes": ("({n} probes failed)", "(fallaron {n} sondas)"),
    "in-replications": (" in {n} replications", " en {n} repeticiones"),
    "hpa.maximum": (
        "its HPA stands at its maximum of {n} replicas",
        "su HPA está en su máximo de {n} réplicas",
    ),
    "hpa.maximum.one": ("its HPA stands at its maximum of 1 replica", "su HPA está en su máximo de 1 réplica"),
    "hpa.blind": ("its HPA cannot read its metrics", "su HPA no puede leer sus métricas"),
    "pending": ("up to {n} pods find no node", "hasta {n} pods no encuentran nodo"),
    "pending.one": ("1 pod finds no node", "1 pod no encuentra nodo"),
    "pool.maximum": ("pool {x} stands at its maximum of {n}", "el pool {x} está en su máximo de {n}"),
    "pool.more": (" and el pool", " y el pool"),
    "because": (", and su HPA", ", y su HPA"),
    "because.pods": (", and hasta", ", y hasta"),
    "because.pod": (", and 1 pod no", ", y 1 pod no"),
    # backups
    "backup.assumed": (
        "saves {x} of {l} in {xs}; at worst the last {xb} are lost (RPO), and it takes {xc} to be back (RTO), "
        "estimated from assumed figures",
        "guarda {x} de {l} en {xs}; en el peor caso se pierde lo último de {xb} (RPO), y volver toma {xc} (RTO), "
        "estimado con cifras supuestas",
    ),
    "backup.documented": (
        "saves {x} of {l} in {xs}; at worst the last {xb} are lost (RPO), and it takes {xc} to be back (RTO), "
        "estimated from documented figures",
        "guarda {x} de {l} en {xs}; en el peor caso se pierde lo último de {xb} (RPO), y volver toma {xc} (RTO), "
        "estimado con cifras documentadas",
    ),
    "backup.measured": (
        "saves {x} of {l} in {xs}; at worst the last {xb} are lost (RPO), and it takes {xc} to be back (RTO), "
        "estimated from measured figures",
        "guarda {x} de {l} en {xs}; en el peor caso se pierde lo último de {xb} (RPO), y volver toma {xc} (RTO), "
        "estimado con cifras medidas",
    ),
    # notes
    "note.one": (
        "One replication: the figures carry no confidence interval.",
        "Una sola repetición: las cifras no llevan intervalo de confianza.",
    ),
    "note.missing": (
        "Interrupted: {n} of {nt} replications are here.",
        "Interrumpido: están {n} de {nt} repeticiones.",
    ),
    "note.reached": (
        "Interrupted: replication {n} reached {x} of {xt}.",
        "Interrumpido: la repetición {n} llegó a {x} de {xt}.",
    ),
    "note.left-out": (
        "The figures leave the interrupted replications out; the tables and the verdict have them.",
        "Las cifras no consideran las repeticiones interrumpidas; las tablas y el veredicto sí.",
    ),
    "note.pods": (
        "No samples of pods: the window is longer than eight days;",
        "Sin muestras de pods: la ventana dura más de ocho días;",
    ),
    "note.pods.keep": ("`monitoring: {pods: true}` keeps them.", "`monitoring: {pods: true}` las conserva."),
    "note.stale": (
        "Prices without a day, or more than a year older than the run: {x}.",
        "Precios sin fecha, o de más de un año antes de la simulación: {x}.",
    ),
    "note.plane": (
        "Compiling the fast data plane for this machine, once for this version (about half a minute)",
        "Compilando el motor fast para este equipo, una vez por versión (medio minuto)",
    ),
    "note.plane.always": (
        "Compiling the fast data plane for this machine, in every process: no directory can keep the compiled code "
        "(about half a minute)",
        "Compilando el motor fast para este equipo, en cada proceso: ningún directorio puede guardar el código "
        "compilado (medio minuto)",
    ),
    "note.compiled": ("Compiled in {n} s.", "Compilado en {n} s."),
    # what differs between two scenarios
    "pair.one": (
        "One replication: the differences carry no interval, and may be chance.",
        "Una sola repetición: las diferencias no llevan intervalo y pueden ser azar.",
    ),
    "pair.interrupted": (
        "Interrupted: {n} of {nt} pairs of replications were finished; the differences are theirs.",
        "Interrumpido: se terminaron {n} de {nt} pares de repeticiones; las diferencias son de ellos.",
    ),
    "pair.same": (
        "A and B are the same: nothing that was read differs.",
        "A y B son iguales: nada de lo que se leyó difiere.",
    ),
    "pair.users": (
        "Only one of A and B has virtual users: they do not see the same customers, and pairing is worth nothing.",
        "Solo uno de A y B tiene usuarios virtuales: no ven a los mismos clientes, y parear no vale nada.",
    ),
    "pair.load": (
        "The virtual users differ: A and B do not see the same load.",
        "Los usuarios virtuales difieren: A y B no ven la misma carga.",
    ),
    "pair.traffic": (
        "The traffic differs (its rates, or how requests arrive): A and B do not see the same customers, and pairing "
        "is worth little or nothing. The differences are also those of the traffic.",
        "El tráfico difiere (sus tasas, o cómo llegan las solicitudes): A y B no ven a los mismos clientes, y parear "
        "vale poco o nada. Las diferencias son también las del tráfico.",
    ),
    "pair.scale": (
        "The scale or the events of the traffic differ: the customers of the smaller one are among those of the "
        "larger. The differences are also those of the traffic.",
        "La escala o los eventos del tráfico difieren: los clientes del menor están entre los del mayor. Las "
        "diferencias son también las del tráfico.",
    ),
    "pair.warm-up": (
        "The warm-ups differ (A {x}, B {xb}): the window begins with another past.",
        "Los calentamientos difieren (A {x}, B {xb}): la ventana empieza con otro pasado.",
    ),
    "pair.objectives": ("The objectives differ", "Los objetivos difieren"),
    "pair.objectives.each": (": each is judged by its own.", ": cada uno se juzga por los suyos."),
    "pair.prices.one": (
        "Only {x} has prices: no cost is compared.",
        "Solo {x} tiene precios: no se compara el costo.",
    ),
    "pair.prices": (
        "The price lists differ: the difference of the cost is also theirs.",
        "Las listas de precios difieren: la diferencia de costo es también la de ellas.",
    ),
    "pair.route": ("Only {x} has the route {xr}.", "Solo {x} tiene la ruta {xr}."),
    "pair.routes": ("Only {x} has the routes {xr}.", "Solo {x} tiene las rutas {xr}."),
    "pair.both": (
        "Routes are compared where both have them; what is over all user requests is not over the same routes.",
        "Las rutas se comparan donde ambos las tienen; lo que abarca todas las solicitudes de usuarios no abarca las "
        "mismas rutas.",
    ),
    "pair.seed": (
        "Both draw from the seed of A, {x}; that of B, {xb}, is passed over.",
        "Ambos usan la semilla de A, {x}; la de B, {xb}, no se considera.",
    ),
    "pair.plane": (
        "Both run on the plane of A, {x}; that of B, {xb}, is passed over.",
        "Ambos corren en el motor de A, {x}; el de B, {xb}, no se considera.",
    ),
    # when enough replications were run
    "stop.precise": (
        "Stopped after {n} replications: the 95 % interval of",
        "Se detuvo tras {n} repeticiones: el intervalo del 95 %, en",
    ),
    "stop.maximum": (
        "Stopped at the maximum of {n} replications: the 95 % interval of",
        "Se detuvo en el máximo de {n} repeticiones: el intervalo del 95 %, en",
    ),
    "stop.constant.pairs": (
        "Stopped after {n} replications: the difference of {m} was the same in each, which leaves no interval to "
        "narrow.",
        "Se detuvo tras {n} repeticiones: la diferencia para {m} fue igual en todas, y no queda intervalo que "
        "estrechar.",
    ),
    "stop.undefined.pairs": (
        "Stopped after {n} replications: none of them has a figure for the difference of {m}, which leaves nothing to "
        "make precise.",
        "Se detuvo tras {n} repeticiones: ninguna tiene una cifra para la diferencia para {m}, y no queda nada que "
        "precisar.",
    ),
    "stop.interrupted.pairs": (
        "Interrupted after {n} replications, before a decision on the precision of the difference of {m} ({np} % "
        "asked).",
        "Interrumpido tras {n} repeticiones, antes de decidir sobre la precisión de la diferencia para {m} (se pidió "
        "{np} %).",
    ),
    "stop.constant": (
        "Stopped after {n} replications: {m} was the same in each, which leaves no interval to narrow.",
        "Se detuvo tras {n} repeticiones: {m} fue igual en todas, y no queda intervalo que estrechar.",
    ),
    "stop.undefined": (
        "Stopped after {n} replications: none of them has a figure for {m}, which leaves nothing to make precise.",
        "Se detuvo tras {n} repeticiones: ninguna tiene una cifra para {m}, y no queda nada que precisar.",
    ),
    "stop.interrupted": (
        "Interrupted after {n} replications, before a decision on the precision of {m} ({np} % asked).",
        "Interrumpido tras {n} repeticiones, antes de decidir sobre la precisión para {m} (se pidió {np} %).",
    ),
    "stop.interval.pairs": (
        "the difference of {m} is ±{n} % of the mean of A ({np} % asked).",
        "la diferencia para {m}, es ±{n} % del promedio de A (se pidió {np} %).",
    ),
    "stop.no-interval.pairs": (
        "the difference of {m} cannot be put as a share of the mean of A, which is zero or missing ({np} % asked).",
        "la diferencia para {m}, no se puede expresar como parte del promedio de A, que es cero o falta (se pidió "
        "{np} %).",
    ),
    "stop.interval": (
        "{m} is ±{n} % of its mean ({np} % asked).",
        "{m}, es ±{n} % de su promedio (se pidió {np} %).",
    ),
    "stop.no-interval": (
        "{m} cannot be put as a share of its mean, which is zero or missing ({np} % asked).",
        "{m}, no se puede expresar como parte de su promedio, que es cero o falta (se pidió {np} %).",
    ),
    # comparisons
    "compare.none": (
        "{m} cannot be compared: no pair has a figure of both",
        "{m} no se puede comparar: ningún par tiene la cifra de ambos",
    ),
    "compare.stays": ("{m} stays at {n} {u}", "{m} sigue en {n} {u}"),
    "compare.falls.one": (
        "{m} falls from {na} to {nb} {u} ({nd} {ud}, of one replication)",
        "{m} baja de {na} a {nb} {u} ({nd} {ud}, de una sola repetición)",
    ),
    "compare.rises.one": (
        "{m} rises from {na} to {nb} {u} ({nd} {ud}, of one replication)",
        "{m} sube de {na} a {nb} {u} ({nd} {ud}, de una sola repetición)",
    ),
    "compare.same": ("{m} stays the same", "{m} sigue igual"),
    "compare.alike": (
        "{m} cannot be told apart ({nd} {ni} {ud})",
        "{m} no se puede distinguir ({nd} {ni} {ud})",
    ),
    "compare.falls": (
        "{m} falls from {na} to {nb} {u} ({nd} {ni} {ud})",
        "{m} baja de {na} a {nb} {u} ({nd} {ni} {ud})",
    ),
    "compare.rises": (
        "{m} rises from {na} to {nb} {u} ({nd} {ni} {ud})",
        "{m} sube de {na} a {nb} {u} ({nd} {ni} {ud})",
    ),
    # headroom
    "bears.most": (
        "bears {n} times the traffic; more was not tried.",
        "soporta {n} veces el tráfico; no se probó con más.",
    ),
    "bears.never": (
        "keeps the objectives at no multiple down to 1/{n} of the traffic.",
        "no cumple los objetivos con ningún múltiplo, ni siquiera con 1/{n} del tráfico.",
    ),
    "bears.interval": (
        "bears {n} times the traffic (95 % interval {na} to {nb}).",
        "soporta {n} veces el tráfico (intervalo del 95 %: {na} a {nb}).",
    ),
    "bears": ("bears {n} times the traffic.", "soporta {n} veces el tráfico."),
    "breaks": ("At {n} times it breaks first at {c}:", "Con {n} veces se rompe primero {c}:"),
    "mended": ("With {x} it soporta", "Con {x}, soporta"),
    "mended.never": ("With {x} it no cumple", "Con {x}, no cumple"),
    # recommendations
    "rec.alone": (
        "The system is left alone: it holds, and nothing that was tried is cheaper and holds.",
        "El sistema se deja como está: cumple, y nada de lo que se probó es más barato y cumple.",
    ),
    "rec.alone.money": (
        "The system is left alone: it holds at {n} USD a month, and the cheapest requests that hold come to "
        "{nc} USD for "
        "machines all the same.",
        "El sistema se deja como está: cumple por {n} USD al mes, y las reservas más baratas que cumplen llegan "
        "igual a "
        "{nc} USD en máquinas.",
    ),
    "rec.change": (
        "{n} fields change: {nu} USD a month, against {nt} USD today",
        "Cambian {n} campos: {nu} USD al mes, frente a {nt} USD hoy",
    ),
    "rec.change.free": ("{n} fields change of today's system", "Cambian {n} campos del sistema actual"),
    "rec.fresh": (
        "It holds in every replay with fresh seeds too.",
        "También cumple en cada repetición con semillas nuevas.",
    ),
    "rec.fresh.on": (
        "It holds in every replay with fresh seeds, on history and holdout.",
        "Cumple en cada repetición con semillas nuevas, en la historia y en lo reservado (holdout).",
    ),
    "rec.fresh.history": (
        "It holds in every replay with fresh seeds, on the history (there is no holdout: other seeds alone).",
        "Cumple en cada repetición con semillas nuevas, en la historia (no hay holdout: solo otras semillas).",
    ),
    "rec.along": ("Along with them: ", "Junto con ellos: "),
    "rec.fields": ("{n} other fields", "{n} campos más"),
    "rec.field": ("1 other field", "1 campo más"),
    "rec.objects": ("{n} new objects", "{n} objetos nuevos"),
    "rec.object": ("1 new object", "1 objeto nuevo"),
    "rec.and": ("campos más and", "campos más y"),
    "rec.and.one": ("campo más and", "campo más y"),
    "rec.before.unknown": (", of which too little is known", ", del que se sabe muy poco"),
    "rec.before.missed": (", which does not hold", ", que no cumple"),
    "rec.before.bounds": (
        ", which holds, but not within pins, bounds and policy",
        ", que cumple, pero no dentro de lo fijado, los límites y la política",
    ),
    "rec.before.holds": (", which holds too", ", que también cumple"),
    "rec.unfinished": (
        "The time was over before the search was: it may not be the best.",
        "Se acabó el tiempo antes que la búsqueda: puede no ser la mejor.",
    ),
    "rec.time": (
        "The time was over before anything was found that holds.",
        "Se acabó el tiempo antes de encontrar algo que cumpla.",
    ),
    "rec.none": (
        "No configuration holds within pins and bounds: {x}. The nearest bears {n} times the traffic.",
        "Ninguna configuración cumple dentro de lo fijado y los límites: {x}. La más cercana soporta {n} veces "
        "el tráfico.",
    ),
    "rec.cannot": ("Nothing can be recommended: ", "No se puede recomendar nada: "),
    "rec.nothing": ("Nothing is recommended", "No se recomienda nada"),
    "rec.seeds": (
        "Today's system holds where the search looked, and nothing cheaper does, but with fresh seeds on the "
        "{x} {n} of "
        "{nt} replays fail:",
        "El sistema actual cumple donde miró la búsqueda, y nada más barato lo hace, pero con semillas nuevas en {x} "
        "fallan {n} de {nt} repeticiones:",
    ),
    "rec.seeds.found": (
        "What was found on the history does not hold with fresh seeds on the {x}: {n} of {nt} replays fail.",
        "Lo que se encontró en la historia no cumple con semillas nuevas en {x}: fallan {n} de {nt} repeticiones.",
    ),
    # the gate
    "gate.cost": (
        "The window costs {n} USD, before {nb} USD: {nd} %",
        "La ventana cuesta {n} USD, antes {nb} USD: {nd} %",
    ),
    "gate.cost.none": (
        "The window costs {n} USD, before {nb} USD: there is nothing to take a share of",
        "La ventana cuesta {n} USD, antes {nb} USD: no hay de qué sacar un porcentaje",
    ),
    "gate.cost.unknown": (
        "The cost is not known: not both sides have prices",
        "No se conoce el costo: no ambos lados tienen precios",
    ),
    "gate.cost.lost": (
        "The cost cannot be compared: {x} has a price on one side only",
        "No se puede comparar el costo: {x} tiene precio de un solo lado",
    ),
    "gate.interval": (
        "(95 % interval {na} % to {nb} %)",
        "(intervalo del 95 %: {na} % a {nb} %)",
    ),
    "gate.no-limit": ("; no limit was given", "; no se dio un límite"),
    "gate.limit": ("; at most {n} % is let pass", "; se deja pasar a lo más {n} %"),
    "gate.breaks": ("{m} below {n} {u} breaks: ", "{m} bajo {n} {u} se rompe: "),
    "gate.empty": (
        "{m} below {n} {u}: there is nothing to judge",
        "{m} bajo {n} {u}: no hay nada que juzgar",
    ),
    "gate.worse.new": (
        "{w} {n} % of the windows fail, and it held before",
        "{w} falla el {n} % de las ventanas, y antes cumplía",
    ),
    "gate.worse": (
        "{w} {n} % of the windows fail, before {nb} %",
        "{w} falla el {n} % de las ventanas, antes el {nb} %",
    ),
    "gate.missed-before": ("; it was missed before as well", "; antes tampoco se cumplía"),
    "gate.risks.new": ("New errors in the manifests: ", "Errores nuevos en los manifiestos: "),
    "gate.risks.none": (
        "No new error in the manifests (none at all)",
        "Ningún error nuevo en los manifiestos (ninguno en absoluto)",
    ),
    "gate.risks.lesser": (
        "No new error in the manifests ({n} of lesser weight)",
        "Ningún error nuevo en los manifiestos ({n} de menor peso)",
    ),
    "gate.nothing": ("Nothing that has to be kept is broken", "No se rompe nada de lo que hay que mantener"),
    # planned days
    "plan.leave": (
        "Leave it to the HPA: it bears every wave by itself.",
        "Déjelo en manos del HPA: soporta por sí solo cada alza.",
    ),
    "plan.leave.replays": (
        "Leave it to the HPA: it holds in all {n} replays by itself",
        "Déjelo en manos del HPA: cumple por sí solo en las {n} repeticiones",
    ),
    "plan.none": (
        "There is no schedule: none that was tried is better than leaving it to the HPA.",
        "No hay programación: ninguna de las que se probaron es mejor que dejarlo en manos del HPA.",
    ),
    "plan.change": ("1 change for {l}.", "1 cambio para {l}."),
    "plan.changes": ("{n} changes for {l}.", "{n} cambios para {l}."),
    "plan.costs": ("Being early costs {n} {ni} {u} over the window.", "Adelantarse cuesta {n} {ni} {u} en la ventana."),
    "plan.costs.one": ("Being early costs {n} {u} over the window.", "Adelantarse cuesta {n} {u} en la ventana."),
    "plan.saves": ("Being early saves {n} {ni} {u} over the window.", "Adelantarse ahorra {n} {ni} {u} en la ventana."),
    "plan.saves.one": ("Being early saves {n} {u} over the window.", "Adelantarse ahorra {n} {u} en la ventana."),
    "plan.all-the-same": (
        "Over the whole window the objectives are missed all the same.",
        "En la ventana completa, los objetivos no se cumplen de todos modos.",
    ),
    "plan.at": (
        "At {c}, {x} before its rise, set {xs}; back at {cb}: ",
        "Que {c}, {x} antes del alza, quede {xs}; de vuelta {cb}: ",
    ),
    "plan.ready": ("ready after {n} s; in {nr} replays", "listo a los {n} s; en {nr} repeticiones"),
    "plan.not-ready": ("not always ready; in {nr} replays", "no siempre listo; en {nr} repeticiones"),
    "plan.fewer": (
        "{n} windows of its rise fail instead of {nb}",
        "fallan {n} ventanas de su alza en lugar de {nb}",
    ),
    "plan.wants": (
        "No schedule: the HPA wants no more than its minimum, and {n} windows of its rise fail in {nr} replays.",
        "Sin programación: el HPA no pide más que su mínimo, y fallan {n} ventanas de su alza en {nr} repeticiones.",
    ),
    "plan.late": (
        "No schedule helps: {n} windows of its rise fail in {nr} replays, and none was ready in time.",
        "Ninguna programación ayuda: fallan {n} ventanas de su alza en {nr} repeticiones, y ninguna estuvo "
        "lista a tiempo.",
    ),
    "plan.no-fewer": (
        "No schedule helps: {n} windows of its rise fail in {nr} replays, and none of those tried has fewer.",
        "Ninguna programación ayuda: fallan {n} ventanas de su alza en {nr} repeticiones, y ninguna de las que "
        "se probaron "
        "tiene menos.",
    ),
    "the-system": ("The system ", "El sistema "),
    # when, at last: these are parts of what stands above
    "span": ("from {d} to {dd}", "desde {d} hasta {dd}"),
    "span.open": ("from {d}", "desde {d}"),
    "span.all": (" throughout", " todo el tiempo"),
    "span.at": ("at {c}", "{c}"),
    # headlines
    "head.and": ("misses its objectives", "no cumple sus objetivos"),
    "head.headroom": ("Headroom of {x}", "Margen de {x}"),
    "head.plan": ("Planned days of {x}", "Días planificados de {x}"),
}
"""By key: English and Spanish."""
