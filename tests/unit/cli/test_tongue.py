"""Verdicts in Spanish: every sentence that a command may say, and nothing of what is a name."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from typer.testing import CliRunner

from fvcapacity.cli import spanish_phrases
from fvcapacity.cli.main import app
from fvcapacity.cli.render_table import render_table
from fvcapacity.cli.terminal import Language, settings
from fvcapacity.cli.tongue import _THING, Tongue, in_spanish, spoken
from fvcapacity.cli.tongue import ENGLISH as ENGLISH_TONGUE
from fvcapacity.cli.words import WORDS
from tests.unit.cli.fakes import FakeRun, install, no_plots, result_of

SENTENCES = {
    "P95 was 500 ms or more over all user requests in 12 of 1,034 windows (35 %; 1 % allowed), and on checkout and cart; "
    "the worst was 1,812 ms (checkout, Sat 14 Feb 18:05); it held in 0 of 4 replications.":
    "El p95 llegó a 500 ms o más en el conjunto de las solicitudes de usuarios en 12 de 1.034 ventanas (35 %; se admite "
    "1 %), y en checkout y cart; lo peor fue 1.812 ms (checkout, sáb 14 feb 18:05); se cumplió en 0 de 4 repeticiones.",
    "The error ratio stayed below 1 % in every judged window; the worst was 0.25 % (all requests, Fri 13 Feb 21:00).":
    "La tasa de errores se mantuvo bajo 1 % en todas las ventanas juzgadas; lo peor fue 0,25 % (todas las solicitudes, "
    "vie 13 feb 21:00).",
    "P95 stayed below 500 ms in all but 3 judged windows (1 % of a route's may fail); the worst was 612 ms (the-order, "
    "Sat 14 Feb 12:00). The error ratio was zero in every judged window.":
    "El p95 se mantuvo bajo 500 ms en todas las ventanas juzgadas salvo 3 (puede fallar un 1 % de las de una ruta); lo "
    "peor fue 612 ms (the-order, sáb 14 feb 12:00). La tasa de errores fue cero en todas las ventanas juzgadas.",
    "No window of five minutes had a user request to judge p95 on.":
    "Ninguna ventana de cinco minutos tuvo una solicitud de usuario con que juzgar el p95.",
    "Nothing holds the system back: a request loses 0.2 ms on average, most of it at order-service.":
    "Nada frena al sistema: una solicitud pierde 0,2 ms en promedio, la mayor parte en order-service.",
    "order-service is throttled in 42 % of its periods from 18:20 to 19:05, 63 % at Sat 18:25: its limit of 200m is "
    "spent, and its HPA stands at its maximum of 10 replicas.":
    "order-service sufre throttling en el 42 % de sus períodos desde las 18:20 hasta las 19:05, 63 % el sáb a las 18:25: "
    "agotó su límite de 200m, y su HPA está en su máximo de 10 réplicas.",
    "calls of postgres wait 12 ms on average throughout for a free thread: all threads of its pods are busy.":
    "Las llamadas a postgres esperan 12 ms en promedio todo el tiempo un hilo libre: todos los hilos de sus pods están "
    "ocupados.",
    "shop was OOM-killed 3 times in 2 replications: its memory limit of 128Mi is spent, and up to 2 pods find no node.":
    "shop fue terminado 3 veces por falta de memoria (OOM) en 2 repeticiones: agotó su límite de memoria de 128Mi, y hasta 2 "
    "pods no encuentran nodo.",
    "containers of shop were restarted once (1,204 probes failed).":
    "Los contenedores de shop se reiniciaron una vez (fallaron 1.204 sondas).",
    "shop refused 1,200 calls from 18:00 to 18:05: no pod was ready to listen.":
    "shop rechazó 1.200 llamadas desde las 18:00 hasta las 18:05: ningún pod estaba listo para atender.",
    "P95 over all user requests falls from 812 to 301 ms (-511 ±12 ms); the error ratio cannot be told apart "
    "(+0.01 ±0.03 points); the cost of the window rises from 10.20 to 1,110.10 USD (+0.90 USD, of one replication).":
    "El p95 de todas las solicitudes de usuarios baja de 812 a 301 ms (-511 ±12 ms); la tasa de errores no se puede "
    "distinguir (+0,01 ±0,03 puntos); el costo de la ventana sube de 10,20 a 1.110,10 USD (+0,90 USD, de una sola repetición).",
    "The system bears 1.35 times the traffic (95 % interval 1.20 to 1.50). At 1.42 times it breaks first at Sat 18:05: "
    "shop refused 5 calls throughout: its listen queues were full.":
    "El sistema soporta 1,35 veces el tráfico (intervalo del 95 %: 1,20 a 1,50). Con 1,42 veces se rompe primero el sáb a "
    "las 18:05: shop rechazó 5 llamadas todo el tiempo: sus colas de entrada estaban llenas.",
    "The system bears 32 times the traffic; more was not tried.": "El sistema soporta 32 veces el tráfico; no se probó con más.",
    "The window costs 12.34 USD, before 11.00 USD: +12.2 % (95 % interval +11.0 % to +13.4 %); at most +5 % is let pass.":
    "La ventana cuesta 12,34 USD, antes 11,00 USD: +12,2 % (intervalo del 95 %: +11,0 % a +13,4 %); se deja pasar a lo más "
    "+5 %.",
    "p95 below 500 ms breaks: over all user requests 3.2 % of the windows fail, and it held before; on checkout 5.0 % of "
    "the windows fail, before 1.2 %.":
    "El p95 bajo 500 ms se rompe: en el conjunto de las solicitudes de usuarios falla el 3,2 % de las ventanas, y antes "
    "cumplía; en checkout falla el 5,0 % de las ventanas, antes el 1,2 %.",
    "No new error in the manifests (2 of lesser weight).": "Ningún error nuevo en los manifiestos (2 de menor peso).",
    "5 fields change: 143.20 USD a month, against 189.90 USD today, which does not hold. Along with them: 2 other fields "
    "and 1 new object.":
    "Cambian 5 campos: 143,20 USD al mes, frente a 189,90 USD hoy, que no cumple. Junto con ellos: 2 campos más y 1 "
    "objeto nuevo.",
    "The system is left alone: it holds, and nothing that was tried is cheaper and holds. It holds in every replay with "
    "fresh seeds too.":
    "El sistema se deja como está: cumple, y nada de lo que se probó es más barato y cumple. También cumple en cada "
    "repetición con semillas nuevas.",
    "2 changes for morning and evening. Being early costs 0.35 ±0.02 USD over the window.":
    "2 cambios para morning y evening. Adelantarse cuesta 0,35 ±0,02 USD en la ventana.",
    "At Sat 14 Feb 17:00, 1h before its rise, set hpa/shop.min 1 -> 4; back at Sat 14 Feb 21:00: ready after 95 s; in 4 "
    "replays 2 windows of its rise fail instead of 9.":
    "Que el sáb 14 feb a las 17:00, 1h antes del alza, quede hpa/shop.min 1 -> 4; de vuelta el sáb 14 feb a las 21:00: "
    "listo a los 95 s; en 4 repeticiones fallan 2 ventanas de su alza en lugar de 9.",
    "order-service refused 12 calls throughout: no pod was ready to listen, and its HPA cannot read its metrics.":
    "order-service rechazó 12 llamadas todo el tiempo: ningún pod estaba listo para atender, y su HPA no puede leer sus "
    "métricas.",
    "shop did not take 1,200 calls throughout: node general-1 and node general-2 was lost.":
    "shop no atendió 1.200 llamadas todo el tiempo: se perdieron los nodos general-1 y general-2.",
    "shop was OOM-killed once: its memory limit of unknown size is spent, and up to 2 pods find no node: pool a stands at "
    "its maximum of 4 and pool b stands at its maximum of 2.":
    "shop fue terminado una vez por falta de memoria (OOM): agotó su límite de memoria, de tamaño desconocido, y hasta 2 "
    "pods no encuentran nodo: el pool a está en su máximo de 4 y el pool b está en su máximo de 2.",
    "daily (0 7 * * *, UTC) saves 7Gi of postgres and mongodb in 1m; at worst the last 1d1m are lost (RPO), and it takes "
    "17m21s to be back (RTO), estimated from measured figures.":
    "daily (0 7 * * *, UTC) guarda 7Gi de postgres y mongodb en 1m; en el peor caso se pierde lo último de 1d1m (RPO), y "
    "volver toma 17m21s (RTO), estimado con cifras medidas.",
    "Interrupted: replication 1 reached 1h3m of 3h.": "Interrumpido: la repetición 1 llegó a 1h3m de 3h.",
    "Interrupted: 2 of 4 replications are here.": "Interrumpido: están 2 de 4 repeticiones.",
    "No samples of pods: the window is longer than eight days; `monitoring: {pods: true}` keeps them.":
    "Sin muestras de pods: la ventana dura más de ocho días; `monitoring: {pods: true}` las conserva.",
    "Stopped after 15 replications: the 95 % interval of p95 over all user requests is ±4.81 % of its mean (5 % asked).":
    "Se detuvo tras 15 repeticiones: el intervalo del 95 %, en el p95 de todas las solicitudes de usuarios, es ±4,81 % de "
    "su promedio (se pidió 5 %).",
    "Stopped at the maximum of 40 replications: the 95 % interval of the error ratio cannot be put as a share of its mean, "
    "which is zero or missing (5 % asked).":
    "Se detuvo en el máximo de 40 repeticiones: el intervalo del 95 %, en la tasa de errores, no se puede expresar como "
    "parte de su promedio, que es cero o falta (se pidió 5 %).",
    "Stopped after 5 replications: the cost of the window was the same in each, which leaves no interval to narrow.":
    "Se detuvo tras 5 repeticiones: el costo de la ventana fue igual en todas, y no queda intervalo que estrechar.",
    "Compiling the fast data plane for this machine, once for this version (about half a minute) ...":
    "Compilando el motor fast para este equipo, una vez por versión (medio minuto) ...",
    "Compiled in 31 s.": "Compilado en 31 s.",
    "Leave it to the HPA: it bears every wave by itself.": "Déjelo en manos del HPA: soporta por sí solo cada alza.",
}  # fmt: skip
ENGLISH = re.compile(r"\b(the|of|was|were|is|are|and|with|its|every|windows|replays?|requests|holds?|fails?|bears)\b")


@pytest.mark.parametrize("english", SENTENCES)
def test_a_sentence_in_spanish(english):
    assert in_spanish(english) == SENTENCES[english]


@pytest.mark.parametrize("key", spanish_phrases.PHRASES)
def test_both_languages_name_the_same_things(key):
    english, spanish = (sorted(_THING.findall(text)) for text in spanish_phrases.PHRASES[key])
    assert english == spanish


@pytest.mark.parametrize("key", spanish_phrases.PHRASES)
def test_no_english_is_left_in_a_phrase(key):
    text = _THING.sub("", spanish_phrases.PHRASES[key][1])
    if "the worst was" not in text:  # which a later phrase turns
        assert not ENGLISH.search(text)


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_of_a_word_name_the_same_things(key):
    english, spanish = ({name for _, name, _, _ in Formatter().parse(text) if name} for text in WORDS[key])
    assert english == spanish


def test_a_figure_a_quantity_and_one_of_something():
    tongue = Tongue(Language.ES)
    assert tongue.figure("1,234.50 ±0.25") == "1.234,50 ±0,25"
    assert tongue.counted("left.routes", 1) == "1 más rápida queda fuera"
    assert tongue.counted("left.routes", 1234) == "1.234 más rápidas quedan fuera"
    assert ENGLISH_TONGUE.figure("1,234.50") == "1,234.50"
    assert tongue.known("category.none", "none") == "none"


def test_english_is_left_alone():
    assert spoken("P95 was 1.5 s.") == "P95 was 1.5 s."


def test_what_has_no_phrase_stays_as_it_is():
    with settings(language=Language.ES):
        assert spoken("Something new, 1.5 of it.") == "Something new, 1.5 of it."


@pytest.mark.parametrize("stops", [(None,), (None, None)])
@pytest.mark.parametrize("calm", [True, False])
def test_what_a_run_says_is_all_translated(stops, calm):
    summary = result_of(*stops, calm=calm).summary
    with settings(language=Language.ES):
        text = render_table(summary, width=400, color=False)
    first, verdict, bottleneck = text.splitlines()[:3]
    assert first.startswith(("CUMPLE", "NO CUMPLE"))
    assert "sáb 14 feb 2026" in first
    assert bottleneck.startswith("Cuello de botella: ")
    assert not ENGLISH.search(verdict + bottleneck), verdict + bottleneck
    assert not re.search(r"[0-9]\.[0-9] ?(ms|%|USD)", verdict + bottleneck)


@pytest.mark.parametrize(("more", "env"), [(["--lang", "es"], {}), ([], {"FVCAP_LANG": "es"})])
def test_the_option_and_the_variable(monkeypatch, tmp_path, more, env):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("fvcapacity.plots.writing_plots", no_plots)
    install(monkeypatch, FakeRun(result=result_of(None)))
    for output in ("table", "markdown"):
        done = CliRunner().invoke(app, ["simulate", "s.yaml", "--format", output, *more], env=env)
        assert "NO CUMPLE  synthetic" in done.stdout
    document = CliRunner().invoke(app, ["simulate", "s.yaml", "--format", "json", *more], env=env).stdout
    assert '"status": "missed"' in document or '"status":"missed"' in document  # programs read English
