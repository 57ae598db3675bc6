using System;
using UnityEngine;

namespace Rankora.Unity
{
    /// <summary>Lets time pass: a hidden object whose frames are those of the SDK.</summary>
    [AddComponentMenu("")]
    internal sealed class RankoraLoop : MonoBehaviour
    {
        private static RankoraLoop running;
        private NetworkReachability reachability;

        /// <summary>The timers of all clients. In the editor's own time, the editor's frames are theirs.</summary>
        public static readonly Scheduler Scheduler = new Scheduler();

        /// <summary>Tells that the network, or the player, is back.</summary>
        public static event Action Resumed;

        public static void Run()
        {
            if (running != null || !Application.isPlaying) return;
            var home = new GameObject("Rankora") { hideFlags = HideFlags.HideInHierarchy };
            DontDestroyOnLoad(home);
            running = home.AddComponent<RankoraLoop>();
            running.reachability = Application.internetReachability;
        }

        private void Update()
        {
            Scheduler.Tick();
            var now = Application.internetReachability;
            var isBack = reachability == NetworkReachability.NotReachable && now != reachability;
            reachability = now;
            if (isBack) Tell();
        }

        private void OnApplicationPause(bool isPaused)
        {
            if (!isPaused) Tell();
        }

        private static void Tell()
        {
            Resumed?.Invoke();
        }
    }
}
