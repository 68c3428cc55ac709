# What scripts/study, scripts/test and .ci/run share: which packages Weir stands on, and how it is built. Sourced.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C.UTF-8
export PATH  # bash makes one up where the environment has none, but would keep it to itself
weir_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
weir_preset=${WEIR_PRESET:-$([[ -n ${CI:-} ]] && echo ci || echo release)}
weir_build=$weir_root/build/$weir_preset

# The one list of packages: what for, Debian's name, and what shows that it is there (a command, or a header).
weir_packages='
needed    g++                 g++
needed    cmake               cmake
needed    ninja-build         ninja
needed    libcli11-dev        CLI/CLI.hpp
needed    nlohmann-json3-dev  nlohmann/json.hpp
needed    libfmt-dev          fmt/format.h
needed    libstb-dev          stb/stb_image.h
needed    librandom123-dev    Random123/philox.h
needed    libxxhash-dev       xxhash.h
optional  libopenblas-dev     cblas.h
optional  libdnnl-dev         oneapi/dnnl/dnnl.hpp
optional  gnuplot-nox         gnuplot
tests     libgtest-dev        gtest/gtest.h
tests     libgmock-dev        gmock/gmock.h
bench     libbenchmark-dev    benchmark/benchmark.h'

say() { printf '%s\n' "$*" >&2; }

# fail EXIT_CODE "message" ["help"]: the shape of every message of Weir; the codes are those of the program.
fail() {
  say "error: $2"
  [[ -z ${3:-} ]] || say "  = help: $3"
  exit "$1"
}

is_there() {
  case $1 in
    */*.h | */*.hpp | *.h)
      printf '#if !__has_include(<%s>)\n#error missing\n#endif\n' "$1" | "${CXX:-g++}" -E -x c++ - >/dev/null 2>&1
      ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

# missing_packages KIND...: the names of those that are not there, on one line.
missing_packages() {
  local kind package evidence missing=()
  while read -r kind package evidence; do
    if [[ -n $kind && " $* " == *" $kind "* ]] && ! is_there "$evidence"; then missing+=("$package"); fi
  done <<<"$weir_packages"
  echo "${missing[*]-}"
}

# quietly "what" COMMAND...: shows what the command printed only when it fails; a failure ends the script.
quietly() {
  local what=$1 log status=0
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if ((status)); then tail -n 40 "$log" >&2; fi
  rm -f "$log"
  ((status == 0)) || fail 7 "$what failed with exit code $status" "what it printed is above"
}

# ensure_packages "KINDS REQUIRED" "KINDS OPTIONAL": root gets all that is missing, and goes on without an optional one that
# cannot be had; others are told what root must install.
ensure_packages() {
  local required optional
  read -ra required <<<"$(missing_packages $1)"
  read -ra optional <<<"$(missing_packages $2)"
  ((${#required[@]} + ${#optional[@]})) || return 0
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    say "installing ${required[*]} ${optional[*]}"
    export DEBIAN_FRONTEND=noninteractive
    local install=(apt-get -q -y --no-install-recommends install)
    if ((${#required[@]})); then
      quietly "apt-get update" apt-get -q update
      quietly "apt-get install" "${install[@]}" "${required[@]}"
    fi
    if ((${#optional[@]})) && ! (apt-get -q update && "${install[@]}" "${optional[@]}") >/dev/null 2>&1 </dev/null; then
      say "note: going on without ${optional[*]} (optional; cannot be installed)"
    fi
  elif ((${#required[@]})); then
    fail 7 "packages are missing that only root can install: ${required[*]}" \
      "as root: apt-get install ${required[*]}${optional[*]:+ ${optional[*]}}"
  else
    say "note: going on without ${optional[*]} (optional)"
  fi
}

# build TARGET [CMAKE_OPTION...]: configures and builds; says nothing when there is nothing to do.
build() {
  local target=$1 ninja_options=()
  shift
  cd "$weir_root"
  [[ -t 2 ]] || ninja_options=(--quiet)
  [[ -d $weir_build ]] || say "building in build/$weir_preset (some minutes the first time)"
  quietly "configuring build/$weir_preset" cmake --preset "$weir_preset" "$@"
  cmake --build --preset "$weir_preset" --target "$target" -- "${ninja_options[@]}" >&2 ||
    fail 1 "building $target in build/$weir_preset failed" "what the compiler said is above"
}
