"""What verdicts say, in English and in Spanish, in the order in which phrases are looked for: longer ones first."""

from __future__ import annotations

from fvcapacity.cli.spanish_decisions import DECISIONS

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
    **DECISIONS,
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
