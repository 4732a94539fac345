"""Headings, remarks and the other words around a summary's figures, in English and in Spanish.

By key; both languages of an entry name the same things in braces (a test holds them to it). What Kubernetes and its
people say in English stays so: throttling, pod, HPA, p95, OOM. Sentences of a summary are in `spanish_phrases`.
"""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    # titles
    "bottleneck": ("Bottleneck", "Cuello de botella"),
    "routes": ("Routes", "Rutas"),
    "services": ("Services", "Servicios"),
    "scaling": ("Scaling", "Escalado"),
    "money": ("Money", "Costo"),
    "backups": ("Backups", "Respaldos"),
    # heads of columns
    "t.route": ("Route", "Ruta"),
    "t.requests": ("Requests", "Solicitudes"),
    "t.errors": ("Errors", "Errores"),
    "t.causes": ("Errors by cause", "Errores por causa"),
    "t.service": ("Service", "Servicio"),
    "t.replicas": ("Replicas", "Réplicas"),
    "t.limit": ("Limit", "Límite"),
    "t.throttled": ("Throttled", "Throttling"),
    "t.visit": ("Visit ms", "Visita ms"),
    "t.shares": ("q/run/quota/other", "cola/cpu/lím/otro"),
    "t.restarts": ("Restarts", "Reinicios"),
    "t.memory": ("Memory", "Memoria"),
    "all": ("all user requests", "total de usuarios"),
    # replicas and nodes
    "replicas": (
        "{name}: {range} replicas (HPA {low}-{high}{more})",
        "{name}: {range} réplicas (HPA {low}-{high}{more})",
    ),
    "replicas.one": (
        "{name}: {range} replicas (HPA {low}-{high}{more})",
        "{name}: {range} réplica (HPA {low}-{high}{more})",
    ),
    "at-maximum": (", {minutes} min at the maximum", ", {minutes} min en el máximo"),
    "pending": (", up to {n} pending", ", hasta {n} sin nodo"),
    "nodes": (
        "pool {name}: {range} nodes, {hours} node-hours",
        "pool {name}: {range} nodos, {hours} horas de nodo",
    ),
    "nodes.one": (
        "pool {name}: {range} nodes, {hours} node-hours",
        "pool {name}: {range} nodo, {hours} horas de nodo",
    ),
    # money
    "bill": (
        "{total} USD for the window ({parts}); {thousand} USD per 1,000 requests served",
        "{total} USD por la ventana ({parts}); {thousand} USD por cada 1.000 solicitudes atendidas",
    ),
    "bill.none": ("No price list: no money.", "Sin lista de precios no hay costos."),
    "unpriced": (
        "; {n} items have no price and are left out",
        "; {n} ítems no tienen precio y quedan fuera",
    ),
    "unpriced.one": (
        "; {n} items have no price and are left out",
        "; {n} ítem no tiene precio y queda fuera",
    ),
    "category.compute": ("compute", "cómputo"),
    "category.storage": ("storage", "almacenamiento"),
    "category.network": ("network", "red"),
    "category.backup": ("backup", "respaldos"),
    "category.logs": ("logs", "registros"),
    # remarks
    "figures.one": (
        "One replication: no confidence intervals.",
        "Una sola repetición: sin intervalos de confianza.",
    ),
    "figures": (
        "Means of {n} replications; ± is half the 95 % confidence interval.",
        "Promedios de {n} repeticiones; ± es la mitad del intervalo de confianza del 95 %.",
    ),
    "legend": (
        "CPU in cores, limit per pod; q/run/quota/other: visits' time queued, running, throttled, elsewhere.",
        "CPU en núcleos, límite por pod; cola/cpu/lím/otro: tiempo de las visitas en cola, usando CPU, detenidas por "
        "su límite, en otra parte.",
    ),
    "legend.user": (
        "* is no user route: the objectives leave it out.",
        "* no es ruta de usuarios: los objetivos no la consideran.",
    ),
    "left.routes": ("{n} faster ones are left out", "{n} más rápidas quedan fuera"),
    "left.routes.one": ("{n} faster ones are left out", "{n} más rápida queda fuera"),
    "left.services": ("{n} that wait less are left out", "{n} que esperan menos quedan fuera"),
    "left.services.one": ("{n} that wait less are left out", "{n} que espera menos queda fuera"),
    "rules": (
        "Seed {seed}, {plane} plane, Kubernetes {kubernetes} rules.",
        "Semilla {seed}, motor {plane}, reglas de Kubernetes {kubernetes}.",
    ),
    # comparisons
    "differences": ("Differences", "Diferencias"),
    "t.figure": ("Figure", "Cifra"),
    "t.relative": ("in %", "en %"),
    "t.narrowed": ("Narrowed", "Estrechado"),
    "t.errors-of": ("Errors % A", "Errores % A"),
    "measure.p95": ("p95 of all user requests, ms", "p95 de todas las de usuarios, ms"),
    "measure.worst_p95": ("worst p95 of a route in 5 min, ms", "peor p95 de una ruta en 5 min, ms"),
    "measure.errors": ("errors of all user requests, %", "errores de todas las de usuarios, %"),
    "measure.cost": ("cost of the window, USD", "costo de la ventana, USD"),
    "measure.node_hours": ("node-hours", "horas de nodo"),
    "changed": ("{name} with {changes}", "{name} con {changes}"),
    "pairs": (
        "Means of {n} pairs of replications on common random numbers; ± is half the 95 % confidence interval of the "
        "paired difference, each by itself.",
        "Promedios de {n} pares de repeticiones con los mismos números aleatorios; ± es la mitad del intervalo de "
        "confianza del 95 % de la diferencia pareada, cada una por sí sola.",
    ),
    "narrowed": (
        "Narrowed: what the pairing was worth, half the interval without it (Welch) over half of this one; "
        "at about 1{times} or less it was worth nothing.",
        "Estrechado: lo que valió parear, la mitad del intervalo sin hacerlo (Welch) dividida por la mitad de este; "
        "con cerca de 1{times} o menos no valió nada.",
    ),
    "comparison": ("Comparison: {path}", "Comparación: {path}"),
    "comparison.interrupted": (
        "Interrupted: the differences are those of the pairs that were finished.",
        "Interrumpido: las diferencias son las de los pares que alcanzaron a terminar.",
    ),
    # events, whose own words are those of kubectl
    "events.none": ("No events.", "No hay eventos."),
    "events.none-of": ("No events of {name}.", "No hay eventos de {name}."),
    # on stderr
    "result": ("Result: {path}", "Resultado: {path}"),
    "report": ("Report: {path}", "Informe: {path}"),
    "interrupted": (
        "Interrupted: what was finished is in the result, which is marked incomplete.",
        "Interrumpido: lo que se alcanzó a terminar está en el resultado, que queda marcado como incompleto.",
    ),
    "bar.starting": ("starting", "iniciando"),
    "bar.simulating": ("simulating", "simulando"),
    "bar.replications": ("replications {done}/{n}", "repeticiones {done}/{n}"),
    "bar.requests": ("{n} requests", "{n} solicitudes"),
}
