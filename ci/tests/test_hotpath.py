"""ci/hotpath finds the faults it is there for, planted in small libraries, and passes the build."""
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

CLEAN = """
__attribute__((noinline)) void *slow(unsigned long n);
void *slow(unsigned long n) { return (void *)(n + 4096); }
static void *list;
void *malloc(unsigned long n)
{ void *p = list; if (!p) return slow(n); list = *(void **)p; return p; }
void free(void *p) { *(void **)p = list; list = p; }
"""
CALLS = CLEAN.replace("list = *(void **)p; return p;", "list = *(void **)p; return slow(n + 1);")
FRAME = CLEAN.replace(
    "list = *(void **)p; return p;",
    "volatile long frame[40]; frame[n & 31] = 1; list = *(void **)p; return p;",
).replace("if (!p) return slow(n);", "")


def run(tmp_path: pathlib.Path, source: str, slug: str) -> subprocess.CompletedProcess:
    folder = tmp_path / slug
    folder.mkdir()
    (folder / "a.c").write_text(source)
    library = folder / "libhakmem.so"
    subprocess.run(
        ["gcc", "-O2", "-fPIC", "-shared", "-fcf-protection=none", "-fno-builtin",
         "-o", library, folder / "a.c"],
        check=True,
    )
    return subprocess.run([ROOT / "ci/hotpath", library], capture_output=True, text=True)


def test_clean_function_passes(tmp_path):
    result = run(tmp_path, CLEAN, "headerless-sll-off-fine")
    assert result.returncode == 0, result.stdout


def test_call_on_the_fast_path_is_found(tmp_path):
    result = run(tmp_path, CALLS, "headerless-sll-off-fine")
    assert result.returncode == 1
    assert "malloc leaves the fast path" in result.stdout


def test_frame_is_found(tmp_path):
    result = run(tmp_path, FRAME, "headerless-sll-off-fine")
    assert result.returncode == 1
    assert "malloc touches the stack" in result.stdout


def test_growth_is_found(tmp_path):
    link = "*(void **)p = list;"
    grown = CLEAN.replace(link, link + " ((volatile int *)p)[2]++;" * 20)
    result = run(tmp_path, grown, "headerless-sll-off-fine")
    assert result.returncode == 1
    assert "free has" in result.stdout


def test_unrecorded_variant_is_found(tmp_path):
    result = run(tmp_path, CLEAN, "some-other-variant")
    assert result.returncode == 1
    assert "is not recorded" in result.stdout


def test_the_build_keeps_its_record():
    result = subprocess.run([ROOT / "ci/hotpath"], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
